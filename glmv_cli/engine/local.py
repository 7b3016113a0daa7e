"""Runs a model on this machine: encode, prefill in chunks, decode.

Knows tensors and token ids; nothing of messages, media files, markup or terminals.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from glmv_cli.engine.context import room_for_answer
from glmv_cli.engine.prompt_cache import PromptCache, marks_of
from glmv_cli.engine.sampler import Sampler
from glmv_cli.engine.vision_cache import VisionCache
from glmv_cli.errors import ModelError
from glmv_cli.events import FinishReason, Progress
from glmv_cli.model.network import Network, Positions
from glmv_cli.placement.budget import PREFILL_TOKENS
from glmv_cli.prompt.inputs import Medium, ModelInputs


@dataclass(frozen=True, slots=True)
class Spent:
    """The tokens of the prompt that were known already, and the seconds that an answer has taken by phase."""

    cached_tokens: int
    encode_s: float
    prefill_s: float
    decode_s: float


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` is what it adds, which may be nothing while a character is incomplete."""

    id: int
    text: str
    spent: Spent


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of an answer."""

    reason: FinishReason
    spent: Spent


Step = Progress | Token | Stop


def _never() -> bool:
    return False


class LocalEngine:
    """A model with its tokenizer, the ids that end an answer, and what it remembers of the last conversation."""

    def __init__(
        self,
        network: Network,
        tokenizer: Tokenizer,
        stop_ids: frozenset[int],
        context: int | None = None,
        chunk: int = PREFILL_TOKENS,
    ) -> None:
        """``context`` limits prompt and answer together to less than the model was made for.

        ``chunk``: tokens a prefill step; between steps a run can be cancelled.
        """
        self._network = network
        self._tokenizer = tokenizer
        self.stop_ids = stop_ids
        self._chunk = chunk
        self.longest_context = network.context_length
        """What the model was made for."""
        self.context_length = min(context or network.context_length, network.context_length)
        """What prompt and answer may have together."""
        self._read = PromptCache(network.new_cache(self.context_length), self.context_length)
        self._seen = VisionCache(network)

    @torch.inference_mode()
    def generate(
        self, inputs: ModelInputs, sampler: Sampler, max_tokens: int, halted: Callable[[], bool] = _never
    ) -> Generator[Step, None, None]:
        """Progress until the prompt is read, tokens as they come, then one :class:`Stop`.

        Closing it cancels; the engine goes on with whatever comes next. One run at a time: the next one takes the
        cache, so an older one must not be gone on with. ``halted`` is asked after each token whether the answer shall
        end there.

        Raises :class:`GlmvError` if the prompt leaves no room for an answer, and :class:`ModelError` for a model whose
        weights are damaged.
        """
        length = inputs.ids.shape[1]
        room = min(max_tokens, room_for_answer(length, self.context_length))
        ids = torch.empty(1, length + room, dtype=torch.int64)  # [1, L + room]
        ids[:, :length] = inputs.ids
        media = inputs.media()
        marks = marks_of(inputs.ids, media)
        known = self._read.reuse(marks)
        seconds = _Seconds(known)
        positions = self._network.positions(inputs)
        features = yield from self._encode([m for m in media if int(m.at[-1]) >= known], seconds)
        logits = yield from self._prefill(inputs.ids, marks, features, positions, seconds)
        stream = DecodeStream(skip_special_tokens=False)
        token = sampler(ids[:, :length], logits)
        reason: FinishReason = "length"
        for end in range(length, length + room):
            if token in self.stop_ids:
                reason = "stop"
                break
            yield Token(token, stream.step(self._tokenizer, token) or "", seconds.spent)
            if halted():
                reason = "stop"
                break
            if end + 1 < length + room:
                with seconds.of("decode"):
                    ids[0, end] = token
                    hidden = self._forward(ids[:, end : end + 1], ids[0, end : end + 1], (), positions)
                    token = sampler(ids[:, : end + 1], self._logits(hidden))
        yield Stop(reason, seconds.spent)

    def _encode(self, media: Sequence[Medium], seconds: _Seconds) -> Generator[Progress, None, list[_Features]]:
        """The embeddings of media that were not read yet, one medium at a time."""
        fresh = len({medium.digest for medium in media if medium not in self._seen})
        if fresh:
            yield Progress("encode", 0, fresh)
        features: list[_Features] = []
        done = 0
        for medium in media:
            is_fresh = medium not in self._seen
            with seconds.of("encode"):
                features.append((medium.at, self._seen.features(medium)))
            if is_fresh:
                done += 1
                yield Progress("encode", done, fresh)
        return features

    def _prefill(
        self,
        ids: torch.Tensor,
        marks: torch.Tensor,
        features: Sequence[_Features],
        positions: Positions,
        seconds: _Seconds,
    ) -> Generator[Progress, None, torch.Tensor]:
        """Reads what of the prompt was not read yet; the logits ``[1, vocabulary]`` after its last token."""
        length = ids.shape[1]
        start = self._read.length
        yield Progress("prefill", start, length)
        while True:
            end = min(start + self._chunk, length)
            with seconds.of("prefill"):
                hidden = self._forward(ids[:, start:end], marks[start:end], features, positions)
                if end == length:
                    return self._logits(hidden)
            yield Progress("prefill", end, length)
            start = end

    def _forward(
        self, ids: torch.Tensor, marks: torch.Tensor, features: Sequence[_Features], positions: Positions
    ) -> torch.Tensor:
        """Appends tokens ``ids [1, n]`` to what was read; their hidden state ``[1, n, H]``."""
        start = self._read.length
        end = start + ids.shape[1]
        embeds = self._network.embed_tokens(ids)  # [1, n, H]
        for at, rows in features:
            inside = (at >= start) & (at < end)
            if inside.any():
                embeds[0, at[inside] - start] = rows[inside].to(embeds)
        hidden = self._network.forward(embeds, positions.of(start, end), self._read.keys_and_values)
        self._read.extend(marks)
        return hidden

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Those of the next token, ``[1, vocabulary]``."""
        logits = self._network.logits(hidden)
        if logits.max().isnan():  # the largest of numbers with one that is none is none
            raise ModelError(
                "the model computes what is no number: its weights are damaged", "'glmv show --verify' finds out which"
            )
        return logits


_Features = tuple[torch.Tensor, torch.Tensor]
"""A medium's tokens in the prompt ``[n]``, and their embeddings ``[n, H]``."""


@dataclass(slots=True)
class _Seconds:
    """What was spent on computing; what the caller does between two steps is none of it."""

    cached_tokens: int
    _by_phase: dict[str, float] = field(default_factory=lambda: {"encode": 0.0, "prefill": 0.0, "decode": 0.0})

    @contextmanager
    def of(self, phase: str) -> Iterator[None]:
        """Counts the time inside as that of ``phase``."""
        started = time.perf_counter()
        yield
        self._by_phase[phase] += time.perf_counter() - started

    @property
    def spent(self) -> Spent:
        """So far."""
        phases = self._by_phase
        return Spent(self.cached_tokens, phases["encode"], phases["prefill"], phases["decode"])
