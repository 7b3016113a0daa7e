"""What has come of an answer so far: its text, apart from the thinking, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from glmv_cli.engine.local import Stop, Token
from glmv_cli.events import AnswerDelta, Box, Finished, Offloaded, Timings, Usage
from glmv_cli.media.frames import DecodedImage, DecodedMedia
from glmv_cli.parsing.boxes import find_boxes, to_pixels
from glmv_cli.parsing.stops import StopFilter
from glmv_cli.parsing.stream import Delta, StreamParser
from glmv_cli.prompt.inputs import IMAGE, VIDEO, ModelInputs


@dataclass(slots=True)
class Reply:
    """Tokens go in, deltas come out; at the end there is the whole."""

    parser: StreamParser
    stops: StopFilter | None
    started: float
    thinking: str = ""
    answer: str = ""
    tokens: int = 0
    thinking_tokens: int = 0
    first_token_s: float = 0.0

    @property
    def stopped(self) -> bool:
        """A text has come before which the answer shall end."""
        return self.stops is not None and self.stops.stopped

    def take(self, token: Token) -> list[Delta]:
        if not self.tokens:
            self.first_token_s = time.perf_counter() - self.started
        self.tokens += 1
        thinking = self.parser.in_thinking
        deltas = self._keep(self.parser.feed(token.text))
        self.thinking_tokens += thinking or self.parser.in_thinking  # both marks belong to the thinking
        return deltas

    def end(self) -> list[Delta]:
        rest = self._keep(self.parser.flush())
        return rest if self.stops is None else [*rest, *self._append(self.stops.flush())]

    def _keep(self, deltas: list[Delta]) -> list[Delta]:
        if self.stops is None:
            return self._append(deltas)
        filtered: list[Delta] = []
        for delta in deltas:
            filtered += self.stops.feed(delta) if isinstance(delta, AnswerDelta) else [delta]
        return self._append(filtered)

    def _append(self, deltas: Sequence[Delta]) -> list[Delta]:
        for delta in deltas:
            if isinstance(delta, AnswerDelta):
                self.answer += delta.text
            else:
                self.thinking += delta.text
        return list(deltas)

    def finished(self, stop: Stop, inputs: ModelInputs, boxes: tuple[Box, ...], load_s: float,
                 prepare_s: float, offloaded: Offloaded | None) -> Finished:  # fmt: skip
        """``prepare_s``, decoding media and cutting patches, counts as encoding."""
        usage = Usage(
            prompt_tokens=inputs.ids.shape[1],
            image_tokens=inputs.tokens(IMAGE),
            video_tokens=inputs.tokens(VIDEO),
            thinking_tokens=self.thinking_tokens,
            answer_tokens=self.tokens - self.thinking_tokens,
            cached_tokens=stop.cached_tokens,
        )
        later = max(0, self.tokens - 1)
        timings = Timings(
            load_s=load_s,
            encode_s=prepare_s + stop.encode_s,
            prefill_s=stop.prefill_s,
            first_token_s=self.first_token_s,
            decode_s=stop.decode_s,
            decode_tokens_per_s=later / stop.decode_s if later else 0.0,
        )
        return Finished(self.thinking, self.answer, boxes, stop.reason, usage, timings, offloaded)


def boxes_in(answer: str, shown: list[DecodedMedia]) -> tuple[Box, ...]:
    """The boxes in an answer, in pixels of the one picture or film of its question.

    Among several, the model does not say which it means: then there are none.
    """
    if len(shown) != 1:
        return ()
    seen = shown[0]
    size = (seen.width, seen.height) if isinstance(seen, DecodedImage) else (seen.info.width, seen.info.height)
    return tuple(to_pixels(box, *size) for box in find_boxes(answer))
