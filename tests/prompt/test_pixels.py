"""Sizes, grids and tokens are those of transformers, within the budget of the checkpoint and of the user."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image
from transformers.models.glm4v.image_processing_pil_glm4v import Glm4vImageProcessorPil
from transformers.models.glm4v.image_processing_pil_glm4v import smart_resize as resize_of_glm4v
from transformers.models.glm46v.image_processing_pil_glm46v import Glm46VImageProcessorPil
from transformers.models.glm46v.image_processing_pil_glm46v import smart_resize as resize_of_glm46v

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.prompt.patches import patchify
from glmv_cli.prompt.pixels import PixelRules, fitted, target_size

RULES = PixelRules(
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
TOKEN = 28 * 28 * 2

SIZES = st.integers(1, 9000)
QUICK = [(1, 1), (1, 200), (27, 29), (28, 28), (42, 70), (113, 5000), (768, 1024)]
LARGE = [(6000, 8000), (8000, 6000), (3024, 4032), (2160, 3840), (8000, 40), (41, 8000), (1999, 2001)]


def tokens_of(height: int, width: int, rules: PixelRules) -> int:
    new_height, new_width = target_size(1, height, width, rules)
    return new_height * new_width // rules.side**2


def same_as_transformers(processor: type[Any], height: int, width: int, rules: PixelRules) -> None:
    """Up to one rounding of float32: theirs is scaled and normalised by pixel, ours by level."""
    picture = np.random.default_rng([height, width]).integers(0, 256, (height, width, 3), np.uint8)
    size = {"shortest_edge": rules.min_pixels, "longest_edge": rules.max_pixels}
    expected = processor(size=size)(images=Image.fromarray(picture), return_tensors="pt")
    patches, grid = patchify(picture[None], rules)
    assert grid == tuple(expected["image_grid_thw"][0].tolist())
    assert rules.tokens(grid) == tokens_of(height, width, rules)
    torch.testing.assert_close(patches, expected["pixel_values"].float(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("processor", [Glm4vImageProcessorPil, Glm46VImageProcessorPil])
@pytest.mark.parametrize(("height", "width"), QUICK)
def test_patches_are_those_of_the_family(processor: type[Any], height: int, width: int) -> None:
    same_as_transformers(processor, height, width, RULES)


@pytest.mark.slow
@pytest.mark.parametrize("processor", [Glm4vImageProcessorPil, Glm46VImageProcessorPil])
@pytest.mark.parametrize(("height", "width"), LARGE)
def test_patches_of_large_pictures_are_those_of_the_family(processor: type[Any], height: int, width: int) -> None:
    same_as_transformers(processor, height, width, RULES)


@pytest.mark.parametrize("processor", [Glm4vImageProcessorPil, Glm46VImageProcessorPil])
@pytest.mark.parametrize(("least", "most"), [(None, 16), (300, None), (64, 65)])
def test_a_tighter_budget_is_one_of_the_processor_too(processor: type[Any], least: int, most: int) -> None:
    same_as_transformers(processor, 333, 512, RULES.within(least, most))


@given(st.integers(1, 700), SIZES, SIZES, st.integers(1, 8000), st.integers(1, 8000))
def test_sizes_are_those_of_transformers(frames: int, height: int, width: int, least: int, most: int) -> None:
    rules = replace(RULES, min_pixels=least * TOKEN, max_pixels=most * TOKEN)
    for theirs in (resize_of_glm4v, resize_of_glm46v):
        options = {"min_pixels": rules.min_pixels, "max_pixels": rules.max_pixels}
        try:
            expected = theirs(num_frames=max(frames, 2), height=height, width=width, **options)
        except ValueError:
            with pytest.raises(MediaError, match="too long and thin"):
                target_size(frames, height, width, rules)
        else:
            assert target_size(frames, height, width, rules) == expected


@given(SIZES, SIZES, st.integers(1, 6144))
def test_the_most_tokens_hold_but_for_strips_of_one_token(height: int, width: int, most: int) -> None:
    assume(max(height, width) <= 150 * min(height, width))
    rules = RULES.within(None, most)
    new_height, new_width = target_size(1, height, width, rules)
    assert new_height % 28 == new_width % 28 == 0
    assert min(new_height, new_width) >= 28
    assert tokens_of(height, width, rules) <= most or min(new_height, new_width) == 28


@given(SIZES, SIZES, st.integers(1, 6144))
def test_the_least_tokens_hold_where_there_is_room(height: int, width: int, least: int) -> None:
    assume(max(height, width) <= 20 * min(height, width))
    rules = RULES.within(least, None)
    shrunk = tokens_of(height, width, RULES) * TOKEN > RULES.max_pixels * 0.8
    assert tokens_of(height, width, rules) >= least or shrunk


@given(SIZES, SIZES)
def test_a_size_that_fits_is_kept_to_half_a_token(height: int, width: int) -> None:
    assume(min(height, width) >= 112 and height * width < 4_000_000 and max(height, width) < 100 * min(height, width))
    new_height, new_width = target_size(1, height, width, RULES)
    assert abs(new_height - height) <= 14
    assert abs(new_width - width) <= 14


def test_no_option_allows_more_than_the_model_was_trained_on() -> None:
    assert RULES.within(None, 10**6) == RULES
    with pytest.raises(UsageError, match=r"--min-image-tokens 6145 .* 6144"):
        RULES.within(6145, None)
    with pytest.raises(UsageError, match=r"--min-image-tokens 17 .* 16"):
        RULES.within(17, 16)


def test_fewer_tokens_than_the_checkpoint_wants_can_be_asked_for() -> None:
    assert tokens_of(1000, 1000, RULES.within(None, 1)) == 1


def test_an_odd_film_ends_on_its_last_frame_twice() -> None:
    frames = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((3, 112, 112, 3), np.uint8)
    seen, grid = fitted(frames, RULES)
    assert grid == (2, 8, 8)
    assert seen[:, 0, 0, 0].tolist() == [0, 1, 2, 2]
