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
from transformers import DynamicCache, PreTrainedModel

from glmv_cli.engine.sampler import Sampler
from glmv_cli.errors import GlmvError
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

    def __init__(self, model: PreTrainedModel, tokenizer: Tokenizer, stop_ids: frozenset[int]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._stop_ids = stop_ids

    @property
    def context_length(self) -> int:
        """Tokens of prompt and answer together that the model was made for."""
        return int(self._model.config.get_text_config().max_position_embeddings)

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
        positions, delta = self.positions(inputs)
        cache = DynamicCache(config=self._model.config.get_text_config())
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
                token = sampler(ids, self.decode(token, length + step + delta, cache))
                decode_s += time.perf_counter() - resumed
        yield Stop("length", encoded - started, prefilled - encoded, decode_s)

    def embed(self, inputs: ModelInputs) -> torch.Tensor:
        """Token embeddings ``[1, L, H]`` with vision features in their places."""
        inner = self._model.model
        embeds: torch.Tensor = inner.get_input_embeddings()(inputs.ids)
        for vision, kind, encode in (
            (inputs.images, IMAGE, inner.get_image_features),
            (inputs.videos, VIDEO, inner.get_video_features),
        ):
            if vision is not None:
                features = torch.cat(encode(vision.patches, vision.grids).pooler_output)  # [n, H]
                holes = (inputs.kinds == kind)[..., None].expand_as(embeds)
                embeds = embeds.masked_scatter(holes, features.to(embeds.dtype))
        return embeds

    def positions(self, inputs: ModelInputs) -> tuple[torch.Tensor, int]:
        """M-RoPE positions ``[3, 1, L]``, and what to add to a later token's index to get its position."""
        positions, delta = self._model.model.get_rope_index(
            inputs.ids,
            inputs.kinds,
            image_grid_thw=inputs.images.grids if inputs.images else None,
            video_grid_thw=inputs.videos.grids if inputs.videos else None,
        )
        return positions, int(delta)

    def prefill(
        self, embeds: torch.Tensor, positions: torch.Tensor, cache: DynamicCache, chunk: int = PREFILL_CHUNK
    ) -> torch.Tensor:
        """Fills the cache with the prompt; the logits ``[1, vocabulary]`` after its last token."""
        hidden = embeds[:, :0]
        for start in range(0, embeds.shape[1], chunk):
            part = slice(start, start + chunk)
            hidden = self._forward(embeds[:, part], positions[:, :, part], cache)
        return self._logits(hidden)

    def decode(self, token: int, position: int, cache: DynamicCache) -> torch.Tensor:
        """Appends one token to the cache; the logits ``[1, vocabulary]`` after it."""
        embeds = self._model.model.get_input_embeddings()(torch.tensor([[token]]))
        return self._logits(self._forward(embeds, torch.full((3, 1, 1), position), cache))

    def _forward(self, embeds: torch.Tensor, positions: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
        hidden: torch.Tensor = self._model.model.language_model(
            inputs_embeds=embeds, position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state
        return hidden

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._model.lm_head(hidden[:, -1])
        return logits
