"""uint8 frames → the flat, normalised patches that the vision tower takes.

Does what ``Glm4vImageProcessorPil`` and ``Glm4vVideoProcessor`` of transformers do, without torchvision: resize to a
multiple of 28 pixels within the checkpoint's pixel budget, normalise, cut into patches in merge order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers.models.glm4v.image_processing_pil_glm4v import smart_resize

from glmv_cli.errors import MediaError, ModelError
from glmv_cli.media.resize import resize

Grid = tuple[int, int, int]
"""Patches by time (one step is ``temporal_patch_size`` frames), height and width."""


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

    @classmethod
    def from_config(cls, config: Mapping[str, Any], path: Path) -> PixelRules:
        """From the JSON of an image or video processor, read at ``path``.

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
            )
        except KeyError as error:
            raise ModelError(f"{path} lacks {error}", "copy the checkpoint again") from error
        except (TypeError, ValueError) as error:
            raise ModelError(f"{path} makes no sense: {error}", "copy the checkpoint again") from error
        if min(rules.max_pixels, rules.patch_size, rules.temporal_patch_size, rules.merge_size, *rules.std) <= 0:
            raise ModelError(f"{path} has a size that is not above zero", "copy the checkpoint again")
        return rules

    def tokens(self, grid: Grid) -> int:
        """How many tokens of the language model a grid of patches becomes."""
        t, h, w = grid
        return t * h * w // self.merge_size**2

    def _levels(self) -> npt.NDArray[np.float32]:
        """The normalised value of every byte, by channel, ``[3, 256]``: exact, and faster than by pixel."""
        scaled = (np.arange(256, dtype=np.float64) * self.rescale).astype(np.float32)
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        levels: npt.NDArray[np.float32] = (scaled[None] - mean[:, None]) / std[:, None]
        return levels


def patchify(
    frames: npt.NDArray[np.uint8], rules: PixelRules, source_size: tuple[int, int] | None = None
) -> tuple[torch.Tensor, Grid]:
    """Frames ``[T, H, W, 3]`` → patches ``[t·h·w, 3·tp·p·p]`` float32 and their grid ``(t, h, w)``.

    A picture is one frame; it is repeated to fill a temporal patch, as is the last frame of an odd film.
    ``source_size`` is the height and width before the frames were brought to :func:`target_size`, if they were.
    Raises :class:`MediaError` for a side ratio over 200, which the family refuses.
    """
    tp, p, m = rules.temporal_patch_size, rules.patch_size, rules.merge_size
    count, height, width = frames.shape[:3]
    height, width = source_size or (height, width)
    new_height, new_width = target_size(count, height, width, rules)
    resized = np.stack([resize(frame, new_height, new_width) for frame in frames])  # [T, H', W', 3]
    if missing := -count % tp:
        resized = np.concatenate([resized, np.repeat(resized[-1:], missing, axis=0)])
    t, h, w = len(resized) // tp, new_height // p, new_width // p
    blocks = resized.reshape(t, tp, h // m, m, p, w // m, m, p, 3)
    blocks = blocks.transpose(0, 2, 5, 3, 6, 8, 1, 4, 7)  # [t, h/m, w/m, m, m, 3, tp, p, p]
    levels = rules._levels()
    patches = np.empty(blocks.shape, np.float32)
    for channel in range(3):
        patches[..., channel, :, :, :] = levels[channel][blocks[..., channel, :, :, :]]
    return torch.from_numpy(patches.reshape(t * h * w, 3 * tp * p * p)), (t, h, w)


def target_size(count: int, height: int, width: int, rules: PixelRules) -> tuple[int, int]:
    """The height and width to which ``count`` frames are brought: multiples of a merged patch, within the budget.

    Raises :class:`MediaError` for a side ratio over 200.
    """
    try:
        new_height, new_width = smart_resize(
            num_frames=max(count, rules.temporal_patch_size),
            height=height,
            width=width,
            temporal_factor=rules.temporal_patch_size,
            factor=rules.patch_size * rules.merge_size,
            min_pixels=rules.min_pixels,
            max_pixels=rules.max_pixels,
        )
    except ValueError as error:
        raise MediaError(
            f"{width}×{height} pixels is too long and thin: the model takes side ratios up to 200",
            "crop it, or cut it into several pictures",
        ) from error
    return new_height, new_width
