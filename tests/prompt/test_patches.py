"""Pixels are cut into patches; what they are to the model is told by test_golden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.errors import MediaError, ModelError
from glmv_cli.media.resize import resize_frames
from glmv_cli.prompt.patches import normalised, patchify
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


@given(st.integers(1, 700), st.integers(1, 700))
def test_any_size_stays_within_the_budget(height: int, width: int) -> None:
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 12544, "longest_edge": 56448}})
    if max(height, width) > 100 * min(height, width):
        return
    patches, grid = patchify(noise(height, width), rules)
    assert len(patches) == grid[0] * grid[1] * grid[2]
    assert grid[1] % 2 == grid[2] % 2 == 0
    assert rules.tokens(grid) * 28 * 28 * 2 <= max(56448, 2 * 28 * max(28, 28 * (max(grid) // 2)))


def test_more_frames_leave_fewer_pixels_for_each() -> None:
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 784, "longest_edge": 8 * 112 * 112}})
    _, short = patchify(noise(224, 224, 2), rules)
    _, long = patchify(noise(224, 224, 16), rules)
    assert short[1] > long[1]


@pytest.mark.parametrize(("height", "width"), [(240, 320), (30, 1500), (1000, 40), (57, 85)])
@pytest.mark.parametrize("frames", [1, 6, 7, 20])
def test_frames_may_be_resized_before_they_are_cut(height: int, width: int, frames: int) -> None:
    rules = replace(rules_of(RELEASED | {"size": {"shortest_edge": 12544, "longest_edge": 8 * 112 * 112}}), film=True)
    pixels = noise(height, width, frames)
    early = resize_frames(pixels, *target_size(frames, height, width, rules))
    patches, grid = patchify(early, rules, (height, width))
    expected, expected_grid = patchify(pixels, rules)
    assert grid == expected_grid
    assert torch.equal(patches, expected)


def test_every_patch_holds_its_own_pixels() -> None:
    """By its definition: merged patches by rows, in them patches by rows; in these channels, frames, pixels."""
    rules = rules_of(RELEASED | {"size": {"shortest_edge": 784, "longest_edge": 9633792}})
    pixels = noise(56, 84, 4)
    patches, (t, h, w) = patchify(pixels, rules)
    assert (t, h, w) == (2, 4, 6)
    at = 0
    for step in range(2):
        for y, x in ((y, x) for y in range(0, 56, 28) for x in range(0, 84, 28)):
            for top, left in ((y, x), (y, x + 14), (y + 14, x), (y + 14, x + 14)):
                block = pixels[2 * step : 2 * step + 2, top : top + 14, left : left + 14]  # [tp, p, p, 3]
                assert patches[at].tolist() == block.transpose(3, 0, 1, 2).ravel().tolist()
                at += 1
    assert at == len(patches)


def test_many_patches_get_their_numbers_in_threads() -> None:
    patches = torch.randint(0, 256, (3000, 12), dtype=torch.uint8)
    levels = torch.randn(3, 256)
    expected = torch.stack([levels[i // 4][patches[:, i].long()] for i in range(12)], dim=1)
    assert torch.equal(normalised(patches, levels), expected)


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
