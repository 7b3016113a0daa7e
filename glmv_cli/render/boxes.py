"""Answers of which only the boxes matter."""

from __future__ import annotations

from glmv_cli.errors import GlmvError
from glmv_cli.events import AnswerDelta, Box, Event, Finished
from glmv_cli.render.output import Output
from glmv_cli.render.passing import PassingRenderer
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.template import box_text
from glmv_cli.render.whole import WholeRenderer

_SHOWN = 200
"""Characters of an answer without boxes that are shown."""


class BoxRenderer(PassingRenderer):
    """Another renderer for answers with boxes; one without any is an error. ``boxes`` are those of the last answer."""

    def __init__(self, renderer: Renderer) -> None:
        super().__init__(renderer)
        self.boxes: tuple[Box, ...] = ()

    def begin(self, source: str | None) -> None:
        self.boxes = ()
        super().begin(source)

    def handle(self, event: Event) -> None:
        """Raises :class:`GlmvError` for an answer that has no box."""
        if isinstance(event, Finished) and not event.boxes:
            raise _no_box(event)
        if not isinstance(event, AnswerDelta):
            super().handle(event)
        if isinstance(event, Finished):
            self.boxes = event.boxes


def box_lines(output: Output) -> Renderer:
    """``x1 y1 x2 y2``, a line each."""
    return WholeRenderer(output, lambda source, finished: "".join(f"{box_text(box)}\n" for box in finished.boxes))


def _no_box(finished: Finished) -> GlmvError:
    if finished.finish_reason == "length":
        return GlmvError("the answer was cut off before any box", "--max-tokens allows more")
    said = visible_line(finished.answer)
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
    return GlmvError("the model gave no box" + (f", but said: {said}" if said else ""), "say it in other words")
