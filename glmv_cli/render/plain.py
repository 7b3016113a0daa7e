"""The answer as plain text while it comes: on a terminal, in a pipe, in a file."""

from __future__ import annotations

from typing import Literal

from glmv_cli.config import ShowThinking
from glmv_cli.errors import GlmvError
from glmv_cli.events import AnswerDelta, Event, Finished, Notice, Offloaded, Progress, ThinkingDelta, Usage
from glmv_cli.render.errors import write_error, write_note
from glmv_cli.render.output import Output
from glmv_cli.render.progress import ProgressLine
from glmv_cli.render.sanitize import visible, visible_line
from glmv_cli.units import format_bytes


class PlainRenderer:
    """Writes the answer and a final newline to stdout, thinking (dim) and notes to stderr.

    With ``several`` answers each is headed by its source's name as ``head(1)`` does it:
    ``==> a.png <==``, with a blank line before every header but the first.
    """

    def __init__(self, output: Output, show_thinking: ShowThinking = "auto", several: bool = False) -> None:
        self._output = output
        self._shows_thinking = show_thinking == "full" or (show_thinking == "auto" and output.stderr_is_tty)
        self._several = several
        self._progress = ProgressLine(output)
        self._headers = 0
        self._due_header: str | None = None
        # The answer still wants its newline.
        self._answer_open = False
        # The stream that wrote last, if it left its line open.
        self._unended: Literal["stdout", "stderr"] | None = None

    def begin(self, source: str | None) -> None:
        # Printed with the first text, not here: a source that cannot be read gets no header on stdout.
        self._due_header = source if self._several else None

    def handle(self, event: Event) -> None:
        if not isinstance(event, Progress):
            self._progress.clear()
        match event:
            case Progress():
                self._progress.show(event)
            case Notice():
                self._end_line_for_stderr()
                write_note(self._output, event.text)
            case ThinkingDelta():
                self._write_header()
                if self._shows_thinking:
                    self._write_thinking(event.text)
            case AnswerDelta():
                self._write_header()
                self._write_answer(event.text)
            case Finished():
                self._write_header()
                self._answer_open = True  # an empty answer is one line, too
                self.close()
                if event.finish_reason == "length":
                    write_note(self._output, _cut_off(event.usage))
                if event.offloaded is not None and event.offloaded.bytes_read:
                    write_note(self._output, _reading(event.offloaded))

    def fail(self, error: GlmvError) -> None:
        self.close()
        write_error(self._output, error)

    def close(self) -> None:
        self._progress.clear()
        self._end_thinking()
        if self._answer_open:
            self._answer_open = False
            self._unended = None
            self._output.to_stdout("\n")

    def _write_header(self) -> None:
        if self._due_header is None:
            return
        blank_line = "\n" if self._headers else ""
        self._output.to_stdout(f"{blank_line}==> {visible_line(self._due_header)} <==\n")
        self._headers += 1
        self._due_header = None

    def _write_thinking(self, text: str) -> None:
        if self._unended == "stdout":
            self._end_line_for_stderr()
        shown = visible(text)
        self._unended = None if shown.endswith("\n") else "stderr"
        # The style ends with each delta: an interrupt never leaves the terminal dim.
        self._output.to_stderr(self._output.styled(shown, "2"))

    def _write_answer(self, text: str) -> None:
        self._end_thinking()
        shown = visible(text)
        self._answer_open = True
        self._unended = None if shown.endswith("\n") else "stdout"
        self._output.to_stdout(shown)

    def _end_thinking(self) -> None:
        if self._unended == "stderr":
            self._unended = None
            self._output.to_stderr("\n")

    def _end_line_for_stderr(self) -> None:
        """What comes next on stderr starts a line, and no newline of ours gets into stdout for it."""
        if self._unended == "stderr" or (self._unended == "stdout" and self._output.one_screen):
            self._output.to_stderr("\n")
        self._unended = None


def _cut_off(usage: Usage) -> str:
    count = usage.thinking_tokens + usage.answer_tokens
    thinking = f", {usage.thinking_tokens} of them thinking" if usage.thinking_tokens else ""
    return f"the answer was cut off after {count} tokens{thinking}; --max-tokens, or --context, can allow more"


def _reading(offloaded: Offloaded) -> str:
    return (
        f"{format_bytes(offloaded.bytes_read)} of weights were read from disk; "
        f"{offloaded.disk_hit_ratio:.0%} of the experts wanted were in memory"
    )
