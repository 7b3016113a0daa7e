"""Frames in the size that a model sees → patches in its order, and these → the numbers that its vision tower takes.

Does what the processors of transformers do, ``Glm4vImageProcessorPil`` and ``Glm4vVideoProcessor`` among them, in two
steps. Patches are bytes, as frames are, and stay so until a medium is encoded: a quarter of the memory, all of it
moved and hashed faster.
"""

from __future__ import annotations

import numpy as np
import torch

from glmv_cli.media.frames import Pixels
from glmv_cli.media.workers import bands, each
from glmv_cli.prompt.pixels import Grid, PixelRules, fitted

_BAND = 64
"""Patches whose numbers a thread looks up at a time: what of them is at work stays in its cache."""


def patchify(
    frames: Pixels, rules: PixelRules, source_size: tuple[int, int] | None = None
) -> tuple[torch.Tensor, Grid]:
    """Frames ``[T, H, W, 3]`` → patches ``[t·h·w, 3·tp·p·p]``, uint8, and their grid ``(t, h, w)``.

    ``source_size`` and errors are those of :func:`~glmv_cli.prompt.pixels.fitted`.
    """
    seen = fitted(frames, rules, source_size)
    grid = rules.grid(*seen.shape[:3])
    patches = empty_patches([grid], rules)
    cut(seen, rules, patches)
    return patches, grid


def empty_patches(grids: list[Grid], rules: PixelRules) -> torch.Tensor:
    """Room for the patches of some media, one after another."""
    count = sum(t * h * w for t, h, w in grids)
    return torch.empty(count, 3 * rules.temporal_patch_size * rules.patch_size**2, dtype=torch.uint8)


def cut(frames: Pixels, rules: PixelRules, patches: torch.Tensor) -> None:
    """Put every pixel of ``frames [T, H, W, 3]`` in its place in ``patches [t·h·w, 3·tp·p·p]``.

    A picture is one frame; it is repeated to fill a temporal patch, as is the last frame of an odd film.
    """
    tp, p, m = rules.temporal_patch_size, rules.patch_size, rules.merge_size
    t, h, w = rules.grid(*frames.shape[:3])
    rows = frames.reshape(len(frames), h // m, m, p, w // m, m, p, 3)
    places = patches.numpy().reshape(t, h // m, w // m, m, m, 3, tp, p, p)

    def place(part: tuple[int, int]) -> None:
        for step, row in (divmod(at, h // m) for at in range(*part)):
            for k in range(tp):
                frame = min(step * tp + k, len(frames) - 1)
                # [m, p, w/m, m, p, 3] → [w/m, m, m, 3, p, p]
                places[step, row, ..., k, :, :] = rows[frame, row].transpose(2, 0, 3, 5, 1, 4)

    each(place, bands(t * (h // m), 16))


def normalised(patches: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Patches ``[P, 3·n]``, uint8 → float32, each byte by the levels ``[3, 256]`` of its channel."""
    pixels = patches.numpy().reshape(len(patches), 3, -1)
    values = np.empty(pixels.shape, np.float32)

    def look_up(part: tuple[int, int]) -> None:
        some = slice(*part)
        for channel, level in enumerate(levels.numpy()):
            np.take(level, pixels[some, channel], out=values[some, channel], mode="clip")

    each(look_up, bands(len(pixels), _BAND))
    return torch.from_numpy(values.reshape(patches.shape))
