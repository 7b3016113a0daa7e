"""How large a picture or the frames of a film are shown to a model, and what that costs in tokens; without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glmv_cli.errors import MediaError, ModelError, UsageError
from glmv_cli.media.frames import Pixels

Grid = tuple[int, int, int]
"""Patches by time (one step is ``temporal_patch_size`` frames), height and width."""

_THINNEST = 200
"""The side ratio that the family's processors still take."""


@dataclass(frozen=True, slots=True)
class PixelRules:
    """What a ``preprocessor_config.json`` says about pixels. Budgets count the pixels of all frames together."""

    min_pixels: int
    max_pixels: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    rescale: float
    patch_size: int
    temporal_patch_size: int
    merge_size: int
    film: bool = False
    """Whether they are of films: these the library prepares by torchvision, which rounds otherwise than Pillow."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any], path: Path, *, film: bool = False) -> PixelRules:
        """From the JSON of an image or (``film``) video processor, read at ``path``.

        Raises :class:`ModelError` if an entry is missing or makes no sense.
        """
        try:
            r, g, b = map(float, config["image_mean"])
            sr, sg, sb = map(float, config["image_std"])
            rules = cls(
                min_pixels=int(config["size"]["shortest_edge"]),
                max_pixels=int(config["size"]["longest_edge"]),
                mean=(r, g, b),
                std=(sr, sg, sb),
                rescale=float(config.get("rescale_factor", 1 / 255)),
                patch_size=int(config["patch_size"]),
                temporal_patch_size=int(config["temporal_patch_size"]),
                merge_size=int(config["merge_size"]),
                film=film,
            )
        except KeyError as error:
            raise ModelError(f"{path} lacks {error}", "copy the checkpoint again") from error
        except (TypeError, ValueError) as error:
            raise ModelError(f"{path} makes no sense: {error}", "copy the checkpoint again") from error
        if min(rules.max_pixels, rules.patch_size, rules.temporal_patch_size, rules.merge_size, *rules.std) <= 0:
            raise ModelError(f"{path} has a size that is not above zero", "copy the checkpoint again")
        return rules

    @property
    def side(self) -> int:
        """Pixels across what becomes one token; the sides of what a model sees are multiples of it."""
        return self.patch_size * self.merge_size

    def tokens(self, grid: Grid) -> int:
        """How many tokens of the language model a grid of patches becomes."""
        t, h, w = grid
        return t * h * w // self.merge_size**2

    def within(self, least: int | None, most: int | None) -> PixelRules:
        """These rules with a tighter budget, in tokens a picture; None: as the checkpoint has it.

        What the checkpoint allows is never exceeded: no model was trained on more. Where both cannot hold, since sides
        are whole tokens, ``least`` does. Raises :class:`UsageError` if
        ``least`` is more than is allowed.
        """
        token = self.side**2 * self.temporal_patch_size  # pixels, of all frames of a temporal patch
        max_pixels = self.max_pixels if most is None else min(self.max_pixels, most * token)
        if least is not None and least * token > max_pixels:
            raise UsageError(
                f"--min-image-tokens {least} is more than a picture may have: {max_pixels // token}",
                "lower it, or raise --max-image-tokens, as far as the model goes",
            )
        min_pixels = self.min_pixels
        if max_pixels < self.max_pixels:
            # Growing rounds both sides up: n tokens in more than one row become 2n + 2 at most.
            min_pixels = max(0, min(min_pixels, (max_pixels - 2 * token) // 2))
        if least is not None:
            min_pixels = max(min_pixels, least * token)
        return replace(self, min_pixels=min_pixels, max_pixels=max_pixels)

    def grid(self, frames: int, height: int, width: int) -> Grid:
        """The patches of frames of that size, the last one repeated where they do not fill a temporal patch."""
        return -(-frames // self.temporal_patch_size), height // self.patch_size, width // self.patch_size

    def levels(self) -> npt.NDArray[np.float32]:
        """What every byte is to the model, by channel, ``[3, 256]``: to the bit what the library computes by pixel."""
        levels = np.arange(256, dtype=np.float64)
        mean, std = np.array(self.mean, np.float32)[:, None], np.array(self.std, np.float32)[:, None]
        if self.film:  # rescaling is folded into mean and deviation
            scale = np.float32(1 / self.rescale)
            mean, std = mean * scale, std * scale
        else:
            levels = levels * self.rescale
        normal: npt.NDArray[np.float32] = (levels.astype(np.float32) - mean) / std
        return normal


def target_size(count: int, height: int, width: int, rules: PixelRules) -> tuple[int, int]:
    """The height and width to which ``count`` frames are brought: multiples of a merged patch, within the budget.

    Rounds as ``smart_resize`` of transformers does, step by step. A side is one merged patch at least, so a thin
    picture may take more than the budget. Raises :class:`MediaError` for a side ratio over 200.
    """
    side, step = rules.side, rules.temporal_patch_size
    frames = max(count, step)
    shown_height, shown_width = height, width
    if height < side or width < side:
        scale = max(side / height, side / width)
        height, width = int(height * scale), int(width * scale)
    if max(height, width) / min(height, width) > _THINNEST:
        raise MediaError(
            f"{shown_width}×{shown_height} pixels is too long and thin: the model takes side ratios up to {_THINNEST}",
            "crop it, or cut it into several pictures",
        )
    new_height, new_width = round(height / side) * side, round(width / side) * side
    pixels = round(frames / step) * step * new_height * new_width
    if pixels > rules.max_pixels:
        shrink = math.sqrt(frames * height * width / rules.max_pixels)
        new_height = max(side, math.floor(height / shrink / side) * side)
        new_width = max(side, math.floor(width / shrink / side) * side)
    elif pixels < rules.min_pixels:
        grow = math.sqrt(rules.min_pixels / (frames * height * width))
        new_height = math.ceil(height * grow / side) * side
        new_width = math.ceil(width * grow / side) * side
    return new_height, new_width


def tokens_of(count: int, height: int, width: int, rules: PixelRules) -> int:
    """What a picture, or ``count`` frames, of this size cost; raises as :func:`target_size` does."""
    return rules.tokens(rules.grid(count, *target_size(count, height, width, rules)))


def fitted(frames: Pixels, rules: PixelRules, source_size: tuple[int, int] | None = None) -> Pixels:
    """Frames ``[T, H, W, 3]`` → what a model sees of them, ``[T, H', W', 3]``; themselves, if they are that already.

    ``source_size`` is the height and width before the frames were brought to :func:`target_size`, if they were.
    Raises :class:`MediaError` for a side ratio over 200, which the family refuses.
    """
    from PIL import Image  # not for sizes alone

    from glmv_cli.media.resize import resize_frames, resize_picture

    height, width = source_size or frames.shape[1:3]
    size = target_size(len(frames), height, width, rules)
    if rules.film or frames.shape[1:3] == size:
        return resize_frames(frames, *size)
    return np.stack([resize_picture(Image.fromarray(frame), *size) for frame in frames])
