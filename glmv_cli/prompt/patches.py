"""uint8 frames → the flat, normalised patches that the vision tower takes.

Does what ``Glm4vImageProcessorPil`` and ``Glm4vVideoProcessor`` of transformers do, without torchvision: resize to a
multiple of 28 pixels within the checkpoint's pixel budget, normalise, cut into patches in merge order.
"""

from __future__ import annotations

import numpy as np
import torch

from glmv_cli.media.frames import Pixels
from glmv_cli.prompt.pixels import Grid, PixelRules, fitted


def patchify(
    frames: Pixels, rules: PixelRules, source_size: tuple[int, int] | None = None
) -> tuple[torch.Tensor, Grid]:
    """Frames ``[T, H, W, 3]`` → patches ``[t·h·w, 3·tp·p·p]`` float32 and their grid ``(t, h, w)``.

    ``source_size`` and errors are those of :func:`~glmv_cli.prompt.pixels.fitted`.
    """
    tp, p, m = rules.temporal_patch_size, rules.patch_size, rules.merge_size
    resized, (t, h, w) = fitted(frames, rules, source_size)
    blocks = resized.reshape(t, tp, h // m, m, p, w // m, m, p, 3)
    blocks = blocks.transpose(0, 2, 5, 3, 6, 8, 1, 4, 7)  # [t, h/m, w/m, m, m, 3, tp, p, p]
    levels = rules.levels()
    patches = np.empty(blocks.shape, np.float32)
    for channel in range(3):
        patches[..., channel, :, :, :] = levels[channel][blocks[..., channel, :, :, :]]
    return torch.from_numpy(patches.reshape(t * h * w, 3 * tp * p * p)), (t, h, w)
