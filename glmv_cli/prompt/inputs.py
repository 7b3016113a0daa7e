"""What the engine computes on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

TEXT, IMAGE, VIDEO = 0, 1, 2
"""Kinds of tokens, as ``mm_token_type_ids`` of transformers has them."""


@dataclass(frozen=True, slots=True, eq=False)
class Vision:
    """The patches of all pictures, or of all films, of a prompt."""

    patches: torch.Tensor  # [P, 3·tp·p·p] float32
    grids: torch.Tensor  # [media, 3] int64: patches by time, height and width


@dataclass(frozen=True, slots=True, eq=False)
class ModelInputs:
    """A prompt of L tokens; vision features replace the embeddings of the tokens of their kind, in order."""

    ids: torch.Tensor  # [1, L] int64
    kinds: torch.Tensor  # [1, L] int32: TEXT, IMAGE or VIDEO
    images: Vision | None
    videos: Vision | None
    starts_in_thinking: bool
    """The template has opened the thinking itself, so the output begins inside it."""

    def tokens(self, kind: int) -> int:
        """How many tokens of the prompt are of a kind."""
        return int((self.kinds == kind).sum())
