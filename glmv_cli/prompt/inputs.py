"""What the engine computes on."""

from __future__ import annotations

import hashlib
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
class Medium:
    """One picture or film of a prompt."""

    kind: int  # IMAGE or VIDEO
    at: torch.Tensor  # [n] int64: the tokens of the prompt that stand for it
    patches: torch.Tensor  # [P, 3·tp·p·p] float32
    grid: torch.Tensor  # [3] int64
    digest: bytes
    """Of everything that decides its embeddings."""


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
                found.append(Medium(kind, span, patches, grid, _digest(kind, patches, grid)))
        return found


def _digest(kind: int, patches: torch.Tensor, grid: torch.Tensor) -> bytes:
    content = hashlib.sha256(repr((kind, grid.tolist(), patches.dtype)).encode())
    content.update(patches.contiguous().numpy().data)
    return content.digest()
