"""What the engine computes on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch

from glmv_cli.prompt.patches import normalised

TEXT, IMAGE, VIDEO = 0, 1, 2
"""Kinds of tokens, as ``mm_token_type_ids`` of transformers has them."""


@dataclass(frozen=True, slots=True, eq=False)
class Vision:
    """The patches of all pictures, or of all films, of a prompt."""

    patches: torch.Tensor  # [P, 3·tp·p·p] uint8
    grids: torch.Tensor  # [media, 3] int64: patches by time, height and width
    levels: torch.Tensor  # [3, 256] float32: what a byte is to the model, by channel

    def values(self) -> torch.Tensor:
        """What the vision tower takes, ``[P, 3·tp·p·p]`` float32: four times the memory of the patches."""
        return normalised(self.patches, self.levels)


@dataclass(frozen=True, slots=True, eq=False)
class Medium:
    """One picture or film of a prompt."""

    kind: int  # IMAGE or VIDEO
    at: torch.Tensor  # [n] int64: the tokens of the prompt that stand for it
    patches: torch.Tensor  # [P, 3·tp·p·p] uint8
    grid: torch.Tensor  # [3] int64
    levels: torch.Tensor  # [3, 256] float32
    digest: bytes
    """Of everything that decides its embeddings."""

    def values(self) -> torch.Tensor:
        """What the vision tower takes, ``[P, 3·tp·p·p]`` float32."""
        return normalised(self.patches, self.levels)


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

    def tokens_of_each(self, kind: int) -> list[int]:
        """How many tokens each picture, or each film, takes, in the order of the prompt."""
        vision = self.images if kind == IMAGE else self.videos
        if vision is None:
            return []
        patches: list[int] = vision.grids.prod(-1).tolist()
        merged = sum(patches) // self.tokens(kind)  # patches a token
        return [count // merged for count in patches]

    def media(self) -> list[Medium]:
        """Pictures, then films, each in the order of the prompt. Their content is hashed here."""
        found: list[Medium] = []
        for kind, vision in ((IMAGE, self.images), (VIDEO, self.videos)):
            if vision is None:
                continue
            at = (self.kinds[0] == kind).nonzero().flatten()
            sizes = vision.grids.prod(-1).tolist()
            merged = sum(sizes) // len(at)  # patches a token
            spans = at.split([size // merged for size in sizes])
            for span, patches, grid in zip(spans, vision.patches.split(sizes), vision.grids, strict=True):
                found.append(Medium(kind, span, patches, grid, vision.levels, _digest(kind, patches, grid)))
        return found


def _digest(kind: int, patches: torch.Tensor, grid: torch.Tensor) -> bytes:
    content = hashlib.sha256(repr((kind, grid.tolist())).encode())
    content.update(patches.contiguous().numpy().data)
    return content.digest()
