"""The strings with which a model marks the parts of its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """The markers of one model family; the defaults are those of GLM-4.5V and GLM-4.6V.

    GLM-4.1V wraps its answer as well: ``Markup(answer_open="<answer>", answer_close="</answer>")``.
    ``dropped`` are special tokens which never belong to the visible text. It may repeat the markers named
    above, so that a tokenizer's whole list can be passed: their own meaning wins.

    Raises ``ValueError`` if a marker is empty, or if only one of the answer markers is given.
    """

    think_open: str = "<think>"
    think_close: str = "</think>"
    box_open: str = "<|begin_of_box|>"
    box_close: str = "<|end_of_box|>"
    answer_open: str | None = None
    answer_close: str | None = None
    dropped: tuple[str, ...] = (
        "<|endoftext|>",
        "<|system|>",
        "<|user|>",
        "<|assistant|>",
        "<|observation|>",
        "<|begin_of_image|>",
        "<|image|>",
        "<|end_of_image|>",
        "<|begin_of_video|>",
        "<|video|>",
        "<|end_of_video|>",
    )

    def __post_init__(self) -> None:
        if not all(self.markers()):
            raise ValueError("a marker is empty")
        if (self.answer_open is None) != (self.answer_close is None):
            raise ValueError("answer_open and answer_close go together")

    def markers(self) -> tuple[str, ...]:
        """Every marker of this family, those that the text is to be searched for."""
        answer = tuple(marker for marker in (self.answer_open, self.answer_close) if marker is not None)
        return (self.think_open, self.think_close, self.box_open, self.box_close, *answer, *self.dropped)
