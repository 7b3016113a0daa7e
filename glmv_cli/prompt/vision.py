"""Decoded pictures or films → their patches, one after another in the memory of a prompt."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glmv_cli.media.frames import DecodedImage, DecodedMedia, Pixels
from glmv_cli.media.naming import naming
from glmv_cli.messages import MediaSource
from glmv_cli.prompt.inputs import Vision
from glmv_cli.prompt.patches import cut, empty_patches
from glmv_cli.prompt.pixels import PixelRules, fitted


def vision_of(media: Sequence[tuple[MediaSource, DecodedMedia]], rules: PixelRules) -> Vision | None:
    """Media of one kind, in the order of the prompt; ``None`` if there are none.

    Raises :class:`MediaError` for a shape that the model cannot take.
    """
    if not media:
        return None
    seen = []
    for source, shown in media:
        with naming(source):
            seen.append(_seen(shown, rules))
    grids = [rules.grid(*frames.shape[:3]) for frames in seen]
    patches = empty_patches(grids, rules)
    start = 0
    for frames, (t, h, w) in zip(seen, grids, strict=True):
        cut(frames, rules, patches[start : start + t * h * w])
        start += t * h * w
    return Vision(patches, torch.tensor(grids), torch.from_numpy(rules.levels()))


def _seen(shown: DecodedMedia, rules: PixelRules) -> Pixels:
    if isinstance(shown, DecodedImage):
        return fitted(shown.pixels[None], rules, (shown.height, shown.width))
    return fitted(shown.frames, rules, (shown.info.height, shown.info.width))
