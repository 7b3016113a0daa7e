"""Answers for people: the answer on stdout, everything else on stderr, whichever of them is a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from glmv_cli.config import Render, ShowThinking
from glmv_cli.errors import GlmvError
from glmv_cli.events import AnswerDelta, Event, Finished, Notice, Offloaded, Progress, ThinkingDelta, Usage
from glmv_cli.render.errors import write_error, write_interrupted, write_note
from glmv_cli.render.output import Output
from glmv_cli.render.plain import PlainAnswer
from glmv_cli.render.progress import ProgressLine
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.thinking import thinking_view
from glmv_cli.units import format_bytes


@dataclass(frozen=True, slots=True)
class Display:
    """What is shown how. ``render`` concerns terminals only, and ``None`` is the best that this one can do."""

    render: Render | None = None
    show_thinking: ShowThinking = "auto"


class AnswerView(Protocol):
    """Shows the text of one answer after another on stdout: ``((write | pause | make_way)* end)*``."""

    def write(self, text: str) -> None:
        """More of the answer."""

    def pause(self) -> None:
        """Take away what is not final, until more is written."""

    def make_way(self) -> None:
        """Something comes on stderr, which may be the same terminal: leave that at the start of a line."""

    def end(self) -> None:
        """The answer is whole."""


class TextRenderer:
    """Shows one answer after another, as :class:`Renderer` has it.

    With ``several`` answers each is headed by its source's name as ``head(1)`` does it:
    ``==> a.png <==``, with a blank line before every header but the first.
    """

    def __init__(self, output: Output, display: Display | None = None, several: bool = False) -> None:
        self._output = output
        self._display = display or Display()
        self._several = several
        self._progress = ProgressLine(output)
        self._thinking_view = thinking_view(output, self._display.show_thinking)
        self._answer_view: AnswerView | None = None
        self._headers = 0
        self._due_header: str | None = None
        # The answer still wants its end.
        self._answer_open = False
        self._trace: list[str] = []

    @property
    def thinking(self) -> str:
        """All that the model has thought for the last answer, shown or not."""
        return "".join(self._trace)

    def begin(self, source: str | None) -> None:
        # Printed with the first text, not here: a source that cannot be read gets no header on stdout.
        self._due_header = source if self._several else None
        self._trace = []

    def handle(self, event: Event) -> None:
        if not isinstance(event, Progress):
            self._progress.clear()
        match event:
            case Progress():
                self._progress.show(event)
            case Notice():
                self._make_way()
                write_note(self._output, event.text)
            case ThinkingDelta():
                self._write_header()
                self._answer.make_way()
                self._trace.append(event.text)
                self._thinking_view.write(event.text)
            case AnswerDelta():
                self._write_header()
                self._thinking_view.end()
                self._answer_open = True
                self._answer.write(event.text)
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

    def interrupt(self) -> None:
        partial = self._answer_open
        self.close()
        write_interrupted(self._output, partial)

    def pause(self) -> None:
        self._progress.clear()
        self._thinking_view.pause()
        if self._answer_open:
            self._answer.pause()

    def close(self) -> None:
        self._progress.clear()
        self._thinking_view.end()
        if self._answer_open:
            self._answer_open = False
            self._answer.end()

    @property
    def _answer(self) -> AnswerView:
        if self._answer_view is None:
            self._answer_view = _answer_view(self._output, self._display.render)
        return self._answer_view

    def _make_way(self) -> None:
        self._thinking_view.end()
        self._answer.make_way()

    def _write_header(self) -> None:
        if self._due_header is None:
            return
        blank_line = "\n" if self._headers else ""
        self._output.to_stdout(f"{blank_line}==> {visible_line(self._due_header)} <==\n")
        self._headers += 1
        self._due_header = None


def _answer_view(output: Output, render: Render | None) -> AnswerView:
    """Off a terminal always plain. Where the cursor cannot be moved, ``live`` is ``blocks``, if it is asked for."""
    if not output.stdout_is_tty or render == "plain" or (render is None and not output.cursor):
        return PlainAnswer(output)
    from glmv_cli.render.terminal.answer import MarkdownAnswer  # imports rich
    from glmv_cli.render.terminal.look import Look

    look = Look(styled=output.cursor, color=output.cursor and output.color, unicode=output.unicode_on_stdout)
    return MarkdownAnswer(output.to_stdout, output.stdout_size, look, live=output.cursor and render != "blocks")


def _cut_off(usage: Usage) -> str:
    count = usage.thinking_tokens + usage.answer_tokens
    thinking = f", {usage.thinking_tokens} of them thinking" if usage.thinking_tokens else ""
    return f"the answer was cut off after {count} tokens{thinking}; --max-tokens, or --context, can allow more"


def _reading(offloaded: Offloaded) -> str:
    return (
        f"{format_bytes(offloaded.bytes_read)} of weights were read from disk; "
        f"{offloaded.disk_hit_ratio:.0%} of the experts wanted were in memory"
    )
