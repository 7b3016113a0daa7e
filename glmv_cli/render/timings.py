"""What an answer cost, for people: tokens, rates, memory."""

from __future__ import annotations

import resource
import sys

from glmv_cli.events import Event, Finished, PromptPart, PromptSize, Timings, Usage
from glmv_cli.render.output import Output
from glmv_cli.render.passing import PassingRenderer
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.sanitize import visible_line
from glmv_cli.units import format_bytes, format_count


class TimedRenderer(PassingRenderer):
    """Another renderer, and on stderr before each of its answers what its prompt takes, after it what it cost."""

    def __init__(self, renderer: Renderer, output: Output) -> None:
        super().__init__(renderer)
        self._output = output

    def handle(self, event: Event) -> None:
        if isinstance(event, PromptSize):
            self._output.to_stderr(prompt_text(event))
        super().handle(event)
        if isinstance(event, Finished):
            self._output.to_stderr(timings_text(event.usage, event.timings, peak_memory()))


def prompt_text(size: PromptSize) -> str:
    """A line for the prompt, and one for each of its sources if there are several."""
    lines = [f"{'prompt':<12} {format_count(size.total)} tokens of {format_count(size.context)}\n"]
    if len(size.parts) > 1:
        width = len(format_count(size.total))
        lines += [f"{'':<12} {format_count(part.tokens):>{width}}  {_named(part)}\n" for part in size.parts]
    return "".join(lines)


def _named(part: PromptPart) -> str:
    return visible_line(part.name) + (f", {part.pages} pages" if part.pages > 1 else "")


def peak_memory() -> int:
    """The most bytes that this process has held in main memory so far, pages of mapped files included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def timings_text(usage: Usage, timings: Timings, memory: int) -> str:
    """Some lines, one a phase. Rates count what was computed: no tokens that were known already."""
    seen = usage.image_tokens + usage.video_tokens
    fresh = usage.prompt_tokens - usage.cached_tokens
    generated = usage.thinking_tokens + usage.answer_tokens
    rows = [("load", f"{timings.load_s:.2f} s")]
    if seen:
        rows.append(("encode", f"{seen} tokens of media in {_in(timings.encode_s, seen)}"))
    cached = f", {usage.cached_tokens} more known already" if usage.cached_tokens else ""
    rows.append(("prefill", f"{fresh} tokens in {_in(timings.prefill_s, fresh)}{cached}"))
    thinking = f", {usage.thinking_tokens} of them thinking" if usage.thinking_tokens else ""
    rows.append(("decode", f"{generated} tokens in {_in(timings.decode_s, max(0, generated - 1))}{thinking}"))
    rows.append(("first token", f"after {timings.first_token_s:.2f} s"))
    rows.append(("memory", f"{format_bytes(memory)} at most"))
    return "".join(f"{name:<12} {what}\n" for name, what in rows)


def _in(seconds: float, count: int) -> str:
    rate = f", {count / seconds:.1f} a second" if seconds > 0 and count else ""
    return f"{seconds:.2f} s{rate}"
