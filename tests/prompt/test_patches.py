"""Our patches are those of the processors in transformers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from transformers.models.glm4v.image_processing_pil_glm4v import Glm4vImageProcessorPil
from transformers.models.glm4v.video_processing_glm4v import Glm4vVideoProcessor

from glmv_cli.errors import MediaError, ModelError
from glmv_cli.media.resize import resize
from glmv_cli.prompt.patches import patchify
from glmv_cli.prompt.pixels import PixelRules, target_size

RELEASED = {
    "size": {"shortest_edge": 12544, "longest_edge": 9633792},
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
}


def rules_of(config: dict[str, object]) -> PixelRules:
    return PixelRules.from_config(config, Path("preprocessor_config.json"))


def noise(height: int, width: int, frames: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (frames, height, width, 3), np.uint8)


def processor(config: dict[str, object]) -> Glm4vImageProcessorPil:
    return Glm4vImageProcessorPil(**{k: v for k, v in config.items() if not k.endswith(("_type", "_class"))})


@pytest.mark.parametrize(
    ("height", "width"),
    [(1, 1), (3, 200), (20, 27), (28, 28), (112, 140), (480, 640), (333, 777), (1080, 1920), (64, 2000)],
)
@pytest.mark.parametrize("settings", ["demo", "released"])
def test_a_picture_gives_the_patches_of_transformers(
    height: int, width: int, settings: str, demo_directory: Path
) -> None:
    config = json.loads((demo_directory / "preprocessor_config.json").read_text()) if settings == "demo" else RELEASED
    pixels = noise(height, width)
    patches, grid = patchify(pixels, rules_of(config))
    expected = processor(config)(images=Image.fromarray(pixels[0]), return_tensors="pt")
    assert grid == tuple(expected["image_grid_thw"][0].tolist())
    torch.testing.assert_close(patches, expected["pixel_values"].float(), rtol=0, atol=1e-6)


@given(st.integers(1, 700), st.integers(1, 700))
def test_any_size_stays_within_the_budget(height: int, width: int) -> None:
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 12544, "longest_edge": 56448}})
    if max(height, width) > 100 * min(height, width):
        return
    patches, grid = patchify(noise(height, width), rules)
    assert len(patches) == grid[0] * grid[1] * grid[2]
    assert grid[1] % 2 == grid[2] % 2 == 0
    assert rules.tokens(grid) * 28 * 28 * 2 <= max(56448, 2 * 28 * max(28, 28 * (max(grid) // 2)))


@pytest.mark.parametrize("frames", [1, 2, 5, 8])
def test_a_film_gives_the_patches_of_transformers(frames: int) -> None:
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 784, "longest_edge": 9633792}})
    pixels = noise(56, 84, frames)
    patches, grid = patchify(pixels, rules)
    mean, std = torch.tensor(rules.mean)[:, None, None], torch.tensor(rules.std)[:, None, None]
    normal = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - mean) / std
    # Called unbound: only the constructor of the class asks for torchvision.
    expected, t, h, w = Glm4vVideoProcessor.patchify(None, normal[None], 14, 2, 2)
    assert grid == (t, h, w)
    torch.testing.assert_close(patches, expected[0], rtol=0, atol=1e-6)


def test_more_frames_leave_fewer_pixels_for_each() -> None:
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 784, "longest_edge": 8 * 112 * 112}})
    _, short = patchify(noise(224, 224, 2), rules)
    _, long = patchify(noise(224, 224, 16), rules)
    assert short[1] > long[1]


@pytest.mark.parametrize(("height", "width"), [(240, 320), (30, 1500), (1000, 40), (57, 85)])
@pytest.mark.parametrize("frames", [1, 6, 7, 20])
def test_frames_may_be_resized_before_they_are_cut(height: int, width: int, frames: int) -> None:
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 12544, "longest_edge": 8 * 112 * 112}})
    pixels = noise(height, width, frames)
    early = np.stack([resize(frame, *target_size(frames, height, width, rules)) for frame in pixels])
    patches, grid = patchify(early, rules, (height, width))
    expected, expected_grid = patchify(pixels, rules)
    assert grid == expected_grid
    assert torch.equal(patches, expected)


def test_a_picture_that_is_too_long_and_thin_is_refused() -> None:
    with pytest.raises(MediaError, match="too long and thin") as caught:
        patchify(noise(28, 6000), rules_of(RELEASED))
    assert caught.value.hint


@pytest.mark.parametrize(
    "change",
    [
        {"size": {}},
        {"size": 3},
        {"patch_size": 0},
        {"merge_size": "two"},
        {"image_std": [0, 1, 1]},
        {"image_mean": [1]},
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"preprocessor_config\.json"):
        rules_of(RELEASED | change)
