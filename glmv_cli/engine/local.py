"""Runs a model on this machine: encode, prefill in chunks, decode.

Knows tensors and token ids; nothing of messages, media files, markup or terminals.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from glmv_cli.engine.sampler import Sampler
from glmv_cli.errors import GlmvError
from glmv_cli.model.kv_cache import KVCache
from glmv_cli.model.network import Network, Positions
from glmv_cli.prompt.inputs import IMAGE, VIDEO, ModelInputs

PREFILL_CHUNK = 512
"""Tokens a prefill step; between steps a run can be cancelled."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` is what it adds, which may be nothing while a character is incomplete."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of an answer, and the seconds it took by phase."""

    reason: Literal["stop", "length"]
    encode_s: float
    prefill_s: float
    decode_s: float


class LocalEngine:
    """A loaded model with its tokenizer and the ids that end an answer."""

    def __init__(self, network: Network, tokenizer: Tokenizer, stop_ids: frozenset[int]) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._stop_ids = stop_ids

    @property
    def context_length(self) -> int:
        """Tokens of prompt and answer together that the model was made for."""
        return self._network.context_length

    @torch.inference_mode()
    def generate(self, inputs: ModelInputs, sampler: Sampler, max_tokens: int) -> Iterator[Token | Stop]:
        """Tokens as they come, then one :class:`Stop`. Closing the iterator cancels.

        Raises :class:`GlmvError` if the prompt leaves no room for an answer.
        """
        ids = inputs.ids
        length = ids.shape[1]
        if length >= self.context_length:
            raise GlmvError(
                f"the prompt has {length} tokens, and the model takes {self.context_length} with its answer",
                "use fewer or smaller pictures, a shorter film, or less text",
            )
        room = min(max_tokens, self.context_length - length)
        started = time.perf_counter()
        embeds = self.embed(inputs)
        encoded = time.perf_counter()
        positions = self._network.positions(inputs)
        cache = self._network.new_cache(self.context_length)
        logits = self.prefill(embeds, positions, cache)
        prefilled = time.perf_counter()
        stream = DecodeStream(skip_special_tokens=False)
        decode_s = 0.0
        token = sampler(ids, logits)
        for step in range(room):
            if token in self._stop_ids:
                yield Stop("stop", encoded - started, prefilled - encoded, decode_s)
                return
            yield Token(token, stream.step(self._tokenizer, token) or "")
            if step + 1 < room:
                resumed = time.perf_counter()  # what the caller does with a token is none of our time
                ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
                token = sampler(ids, self.decode(token, positions.of(length + step, length + step + 1), cache))
                decode_s += time.perf_counter() - resumed
        yield Stop("length", encoded - started, prefilled - encoded, decode_s)

    def embed(self, inputs: ModelInputs) -> torch.Tensor:
        """Token embeddings ``[1, L, H]`` with vision features in their places."""
        embeds = self._network.embed_tokens(inputs.ids)
        for vision, kind in ((inputs.images, IMAGE), (inputs.videos, VIDEO)):
            if vision is not None:
                sizes = vision.grids.prod(-1).tolist()
                parts = zip(vision.patches.split(sizes), vision.grids, strict=True)
                features = torch.cat([self._network.encode(kind, *part) for part in parts])  # [n, H]
                holes = (inputs.kinds == kind)[..., None].expand_as(embeds)
                embeds = embeds.masked_scatter(holes.to(embeds.device), features.to(embeds))
        return embeds

    def prefill(
        self, embeds: torch.Tensor, positions: Positions, cache: KVCache, chunk: int = PREFILL_CHUNK
    ) -> torch.Tensor:
        """Fills the cache with the prompt; the logits ``[1, vocabulary]`` after its last token."""
        hidden, length = embeds[:, :0], embeds.shape[1]
        for start in range(0, length, chunk):
            end = min(start + chunk, length)
            hidden = self._network.forward(embeds[:, start:end], positions.of(start, end), cache)
        return self._network.logits(hidden)

    def decode(self, token: int, position: torch.Tensor, cache: KVCache) -> torch.Tensor:
        """Appends one token to the cache; the logits ``[1, vocabulary]`` after it."""
        embeds = self._network.embed_tokens(torch.tensor([[token]]))
        return self._network.logits(self._network.forward(embeds, position, cache))
