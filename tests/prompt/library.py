"""The processors of transformers: those for pictures as they are, those for films without torchvision.

What torchvision does for films is written out from its source and that of transformers 5: resizing bytes is
``torch.nn.functional.interpolate``, and rescaling is folded into mean and deviation.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from transformers.models.glm4v.image_processing_pil_glm4v import Glm4vImageProcessorPil
from transformers.models.glm4v.image_processing_pil_glm4v import smart_resize as picture_size_of_glm4v
from transformers.models.glm46v.image_processing_pil_glm46v import Glm46VImageProcessorPil
from transformers.models.glm46v.image_processing_pil_glm46v import smart_resize as picture_size_of_glm46v

from glmv_cli.prompt.pixels import PixelRules

Pixels = npt.NDArray[np.uint8]

PICTURE_RULES = PixelRules(
    min_pixels=12_544,
    max_pixels=9_633_792,
    mean=(0.48145466, 0.4578275, 0.40821073),
    std=(0.26862954, 0.26130258, 0.27577711),
    rescale=1 / 255,
    patch_size=14,
    temporal_patch_size=2,
    merge_size=2,
)
"""As released: of GLM-4.1V, 4.5V and 4.6V alike."""
FILM_RULES = replace(PICTURE_RULES, max_pixels=47_040_000, film=True)


@dataclass(frozen=True, slots=True)
class Processors:
    """Those of one family."""

    name: str
    picture: Callable[..., Any]
    smart_resize: Callable[..., tuple[int, int]]
    film_module: str

    @property
    def film_size(self) -> Callable[..., tuple[int, int]]:
        """``smart_resize``, as the module for films has it."""
        found: Callable[..., tuple[int, int]] = _without_torchvision(self.film_module).smart_resize
        return found

    def picture_values(self, picture: Image.Image | Pixels, rules: PixelRules) -> tuple[torch.Tensor, tuple[int, ...]]:
        """Patches and their grid."""
        given = self.picture(**_settings(rules))(images=picture, return_tensors="pt", input_data_format="channels_last")
        return given["pixel_values"], tuple(given["image_grid_thw"][0].tolist())

    def resized_film(self, frames: Pixels, rules: PixelRules) -> torch.Tensor:
        """``[T, H, W, 3]`` → ``[T, 3, H', W']``, bytes."""
        height, width = self.film_size(
            max(len(frames), rules.temporal_patch_size),
            *frames.shape[1:3],
            temporal_factor=rules.temporal_patch_size,
            factor=rules.side,
            min_pixels=rules.min_pixels,
            max_pixels=rules.max_pixels,
        )
        video = torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous()
        if video.shape[-2:] == (height, width):
            return video
        resized: torch.Tensor = torch.nn.functional.interpolate(
            video, size=(height, width), mode="bicubic", align_corners=False, antialias=True
        )
        return resized

    def film_values(self, resized: torch.Tensor, rules: PixelRules) -> tuple[torch.Tensor, tuple[int, ...]]:
        """Frames ``[T, 3, H', W']`` in bytes → patches and their grid."""
        scale = 1.0 / rules.rescale
        mean, std = (torch.tensor(values)[:, None, None] * scale for values in (rules.mean, rules.std))
        normal = resized.to(torch.float32).sub_(mean).div_(std)
        # Called unbound: only the constructor of the class asks for torchvision.
        processor = getattr(_without_torchvision(self.film_module), f"{self.name}VideoProcessor")
        patches, t, h, w = processor.patchify(
            None, normal[None], rules.patch_size, rules.merge_size, rules.temporal_patch_size
        )
        return patches[0], (t, h, w)


FAMILIES = (
    Processors("Glm4v", Glm4vImageProcessorPil, picture_size_of_glm4v, "glm4v.video_processing_glm4v"),
    Processors("Glm46V", Glm46VImageProcessorPil, picture_size_of_glm46v, "glm46v.video_processing_glm46v"),
)


def _without_torchvision(name: str) -> Any:
    """A module of transformers that asks for torchvision; what is called here does without."""
    absent = {part: ModuleType(part) for part in ("torchvision", "torchvision.transforms", "torchvision.transforms.v2")}
    vars(absent["torchvision.transforms.v2"])["functional"] = None
    with mock.patch.dict(sys.modules, absent):
        return importlib.import_module(f"transformers.models.{name}")


def _settings(rules: PixelRules) -> dict[str, Any]:
    return {
        "size": {"shortest_edge": rules.min_pixels, "longest_edge": rules.max_pixels},
        "image_mean": list(rules.mean),
        "image_std": list(rules.std),
        "rescale_factor": rules.rescale,
        "patch_size": rules.patch_size,
        "temporal_patch_size": rules.temporal_patch_size,
        "merge_size": rules.merge_size,
    }
