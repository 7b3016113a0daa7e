"""A loaded model as the engine sees it: embed, encode, positions, forward, logits.

Everything that the engine would have to know of ``transformers``' model classes is here. L: tokens, H: hidden width.
Inputs may lie on any device; a model's parts may lie on several.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import torch
from torch import nn
from transformers import PreTrainedModel

from glmv_cli.model.kv_cache import KVCache
from glmv_cli.model.stack import stack_of
from glmv_cli.prompt.inputs import IMAGE, ModelInputs


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """The rotary positions of a prompt, and of the tokens that come after it."""

    prompt: torch.Tensor  # [1, L], or [3, 1, L] by time, height and width
    offset: int
    """What to add to the index of a later token: a picture takes fewer positions than tokens."""

    def of(self, start: int, end: int) -> torch.Tensor:
        """Those of the tokens ``start`` to ``end``, all of the prompt or all after it: ``[..., 1, end - start]``."""
        if end <= self.prompt.shape[-1]:
            return self.prompt[..., start:end]
        return torch.arange(start + self.offset, end + self.offset)[None]


class Network(Protocol):
    """What the engine needs of a model."""

    @property
    def context_length(self) -> int:
        """Tokens of prompt and answer together that the model was made for."""

    def new_cache(self, limit: int) -> KVCache:
        """An empty cache for up to ``limit`` tokens."""

    def embed_tokens(self, ids: torch.Tensor) -> torch.Tensor:
        """``ids [1, L]`` → ``[1, L, H]``."""

    def encode(self, kind: int, patches: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """One picture or film, patches ``[P, 3·tp·p·p]`` and grid ``[3]``, → what its tokens hold, ``[n, H]``."""

    def positions(self, inputs: ModelInputs) -> Positions:
        """The positions of a whole prompt."""

    def forward(self, embeds: torch.Tensor, positions: torch.Tensor, cache: KVCache) -> torch.Tensor:
        """Appends ``embeds [1, n, H]`` at ``positions [..., 1, n]`` to the cache; the hidden state ``[1, n, H]``."""

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """``[1, n, H]`` → the logits ``[1, vocabulary]`` after the last token: float32, on the CPU."""


class TextNetwork:
    """A language model: ``Glm4MoeForCausalLM`` and its like."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._body: nn.Module = self._language_model(model)
        self._stack = stack_of(self._body)
        self._embeddings: nn.Module = model.get_input_embeddings()
        self._head: nn.Module = model.get_output_embeddings()
        self._config = model.config.get_text_config()

    @staticmethod
    def _language_model(model: PreTrainedModel) -> nn.Module:
        body: nn.Module = model.model
        return body

    @property
    def context_length(self) -> int:
        return int(self._config.max_position_embeddings)

    def new_cache(self, limit: int) -> KVCache:
        return KVCache(int(self._config.num_hidden_layers), limit)

    def embed_tokens(self, ids: torch.Tensor) -> torch.Tensor:
        embeds: torch.Tensor = self._embeddings(ids.to(_device(self._embeddings)))
        return embeds

    def encode(self, kind: int, patches: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        raise AssertionError("a text model sees nothing; its prompt builder lets no media pass")

    def positions(self, inputs: ModelInputs) -> Positions:
        return Positions(torch.arange(inputs.ids.shape[1])[None], 0)

    def forward(self, embeds: torch.Tensor, positions: torch.Tensor, cache: KVCache) -> torch.Tensor:
        if self._stack is not None and self._stack.takes(embeds):
            return self._stack.forward(embeds, self._axes(positions), cache)
        hidden: torch.Tensor = self._body(
            inputs_embeds=embeds, position_ids=positions.to(embeds.device), past_key_values=cache, use_cache=True
        ).last_hidden_state
        return hidden

    @staticmethod
    def _axes(positions: torch.Tensor) -> torch.Tensor:
        """As the rotary embedding of the language model takes them."""
        return positions

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._head(hidden[:, -1].to(_device(self._head)))
        return logits.to("cpu", torch.float32)


class VisionNetwork(TextNetwork):
    """A language model with a vision tower and M-RoPE positions: ``Glm4vMoeForConditionalGeneration`` and its like."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self._model = model.model

    @staticmethod
    def _language_model(model: PreTrainedModel) -> nn.Module:
        body: nn.Module = model.model.language_model
        return body

    @staticmethod
    def _axes(positions: torch.Tensor) -> torch.Tensor:
        """Those of text are the same for time, height and width."""
        return positions.expand(3, *positions.shape[-2:])

    def encode(self, kind: int, patches: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        encode = self._model.get_image_features if kind == IMAGE else self._model.get_video_features
        device = _device(self._model.visual)
        return torch.cat(encode(patches.to(device), grid[None].to(device)).pooler_output)

    def positions(self, inputs: ModelInputs) -> Positions:
        positions, offset = self._model.get_rope_index(
            inputs.ids,
            inputs.kinds,
            image_grid_thw=inputs.images.grids if inputs.images else None,
            video_grid_thw=inputs.videos.grids if inputs.videos else None,
        )
        return Positions(positions, int(offset))


def network_of(model: PreTrainedModel) -> Network:
    """The adapter for a loaded model."""
    return VisionNetwork(model) if hasattr(model.config, "vision_config") else TextNetwork(model)


def _device(module: nn.Module) -> torch.device:
    """Where a module computes; its weights may be parameters or, packed, buffers."""
    return next(chain(module.parameters(), module.buffers())).device
