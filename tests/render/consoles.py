"""Two streams that remember, and events to show on them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from glmv_cli.events import AnswerDelta, Event, Finished, ThinkingDelta, Timings, Usage
from glmv_cli.render.output import Output
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.text import Display

FINISHED = Finished("", "", (), "stop", Usage(9, 4, 0, 2, 3), Timings(0, 0, 0, 0, 0, 0))
FULL = Display(show_thinking="full")
THINK_AND_ANSWER = (
    ThinkingDelta("I "),
    ThinkingDelta("see."),
    AnswerDelta("A "),
    AnswerDelta("cat."),
    FINISHED,
)


def screen_of(text: str) -> str:
    """What a terminal shows after carriage returns."""
    shown = []
    for line in text.split("\n"):
        shown.append("")
        for part in line.split("\r"):
            shown[-1] = part + shown[-1][len(part) :]
    return "\n".join(line.rstrip(" ") for line in shown)


class Stream(io.StringIO):
    """Remembers, beside its own text, the order of writes on a screen shared with another stream."""

    def __init__(self, screen: list[str]) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str) -> int:
        self._screen.append(text)
        return super().write(text)


@dataclass
class Console:
    """Two recorded streams; ``screen`` is what a terminal would get if both end on it."""

    screen: list[str] = field(default_factory=list)
    stdout: Stream = field(init=False)
    stderr: Stream = field(init=False)

    def __post_init__(self) -> None:
        self.stdout, self.stderr = Stream(self.screen), Stream(self.screen)

    def output(self, *, stdout_tty: bool = False, stderr_tty: bool = False, color: bool = True) -> Output:
        return Output(self.stdout, self.stderr, stdout_tty, stderr_tty, color)

    @property
    def texts(self) -> tuple[str, str]:
        return self.stdout.getvalue(), self.stderr.getvalue()


def show(renderer: Renderer, events: Sequence[Event], source: str | None = "a.png") -> None:
    renderer.begin(source)
    for event in events:
        renderer.handle(event)
