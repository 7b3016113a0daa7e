"""What has come of an answer so far: its text, apart from the thinking, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from glmv_cli.engine.local import Spent, Stop, Token
from glmv_cli.events import AnswerDelta, Box, Finished, Offloaded, SoFar, Timings, Usage
from glmv_cli.media.frames import DecodedImage, DecodedMedia
from glmv_cli.parsing.boxes import find_boxes, to_pixels
from glmv_cli.parsing.stops import StopFilter
from glmv_cli.parsing.stream import Delta, StreamParser
from glmv_cli.prompt.inputs import IMAGE, VIDEO, ModelInputs


@dataclass(slots=True)
class Reply:
    """Tokens go in, deltas come out; at the end there is the whole.

    ``prompt`` counts what is asked; ``prepare_s``, for decoding media and cutting patches, counts as encoding.
    """

    parser: StreamParser
    stops: StopFilter | None
    prompt: Usage
    started: float
    load_s: float
    prepare_s: float
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

    def so_far(self, spent: Spent) -> SoFar:
        """What it has cost up to here."""
        usage = replace(
            self.prompt,
            thinking_tokens=self.thinking_tokens,
            answer_tokens=self.tokens - self.thinking_tokens,
            cached_tokens=spent.cached_tokens,
        )
        later = max(0, self.tokens - 1)
        timings = Timings(
            load_s=self.load_s,
            encode_s=self.prepare_s + spent.encode_s,
            prefill_s=spent.prefill_s,
            first_token_s=self.first_token_s,
            decode_s=spent.decode_s,
            decode_tokens_per_s=later / spent.decode_s if later else 0.0,
        )
        return SoFar(usage, timings)

    def finished(self, stop: Stop, boxes: tuple[Box, ...], offloaded: Offloaded | None) -> Finished:
        """The whole."""
        cost = self.so_far(stop.spent)
        return Finished(self.thinking, self.answer, boxes, stop.reason, cost.usage, cost.timings, offloaded)


def usage_of(inputs: ModelInputs) -> Usage:
    """Of a prompt, before there is an answer."""
    return Usage(inputs.ids.shape[1], inputs.tokens(IMAGE), inputs.tokens(VIDEO), 0, 0)


def boxes_in(answer: str, shown: list[DecodedMedia]) -> tuple[Box, ...]:
    """The boxes in an answer, in pixels of the one picture or film of its question.

    Among several, the model does not say which it means: then there are none.
    """
    if len(shown) != 1:
        return ()
    seen = shown[0]
    size = (seen.width, seen.height) if isinstance(seen, DecodedImage) else (seen.info.width, seen.info.height)
    return tuple(to_pixels(box, *size) for box in find_boxes(answer))
