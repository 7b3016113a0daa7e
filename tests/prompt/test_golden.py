"""What a model sees is what the processors of transformers would show it, for every family and to the bit.

Films are resized by Pillow here and by torch there: that is the one difference, of two levels of 255 at most.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glmv_cli.media.resize import resize_picture
from glmv_cli.prompt.patches import normalised, patchify
from glmv_cli.prompt.pixels import PixelRules, fitted, target_size
from tests.prompt.library import FAMILIES, FILM_RULES, PICTURE_RULES, Pixels, Processors

QUICK = [
    *((1, 1), (1, 2), (2, 1), (1, 200), (200, 1), (3, 200), (13, 14), (20, 27), (27, 29), (28, 28), (42, 70)),
    *((112, 140), (113, 5000), (333, 777), (480, 640), (768, 1024), (1080, 1920), (2000, 64)),
]
LARGE = [(6000, 8000), (8000, 6000), (3024, 4032), (2160, 3840), (8000, 40), (41, 8000), (1999, 2001)]

families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(shape).integers(0, 256, shape, np.uint8)


def values(patches: torch.Tensor, rules: PixelRules) -> torch.Tensor:
    return normalised(patches, torch.from_numpy(rules.levels()))


def same_picture(family: Processors, height: int, width: int, rules: PixelRules) -> None:
    picture = noise(height, width, 3)
    expected, expected_grid = family.picture_values(Image.fromarray(picture), rules)
    early = resize_picture(Image.fromarray(picture), *target_size(1, height, width, rules))
    for frames in (picture[None], early[None]):
        patches, grid = patchify(frames, rules, (height, width))
        assert grid == expected_grid
        assert torch.equal(values(patches, rules), expected)
    known_before = rules.grid(1, *target_size(1, height, width, rules))
    assert rules.tokens(known_before) == len(expected) // rules.merge_size**2


@families
@pytest.mark.parametrize(("height", "width"), QUICK)
def test_a_picture_is_shown_as_the_library_shows_it(family: Processors, height: int, width: int) -> None:
    same_picture(family, height, width, PICTURE_RULES)


@pytest.mark.slow
@families
@pytest.mark.parametrize(("height", "width"), LARGE)
def test_a_large_picture_is_shown_as_the_library_shows_it(family: Processors, height: int, width: int) -> None:
    same_picture(family, height, width, PICTURE_RULES)


@families
@pytest.mark.parametrize(("least", "most"), [(None, 3), (None, 16), (300, None), (64, 65)])
def test_a_tighter_budget_is_one_of_the_processor_too(family: Processors, least: int, most: int) -> None:
    same_picture(family, 333, 512, PICTURE_RULES.within(least, most))


@families
def test_other_sizes_of_patches_are_understood(family: Processors) -> None:
    same_picture(family, 200, 300, replace(PICTURE_RULES, patch_size=8, merge_size=3, temporal_patch_size=1))


@families
@given(
    st.tuples(*[st.floats(-2, 2)] * 3),
    st.tuples(*[st.floats(1 / 128, 4)] * 3),
    st.floats(1 / 1024, 2),
)
def test_levels_are_what_the_library_computes_by_pixel(
    family: Processors, mean: tuple[float, float, float], std: tuple[float, float, float], rescale: float
) -> None:
    every = np.broadcast_to(np.arange(256, dtype=np.uint8).reshape(16, 16), (3, 16, 16))
    rules = replace(PICTURE_RULES, mean=mean, std=std, rescale=rescale)
    theirs = family.picture()
    expected = theirs.normalize(theirs.rescale(every, rescale), mean, std)
    assert np.array_equal(rules.levels().reshape(3, 16, 16), expected)


@families
@pytest.mark.parametrize("frames", [1, 2, 5, 8])
def test_a_film_in_its_size_is_shown_as_the_library_shows_it(family: Processors, frames: int) -> None:
    film = noise(frames, 224, 308, 3)
    patches, grid = patchify(film, FILM_RULES)
    expected, expected_grid = family.film_values(family.resized_film(film, FILM_RULES), FILM_RULES)
    assert grid == expected_grid
    assert torch.equal(values(patches, FILM_RULES), expected)


@families
@pytest.mark.parametrize(
    ("frames", "height", "width"),
    [(1, 20, 30), (2, 60, 80), (3, 480, 640), (8, 120, 160), (6, 160, 120), (2, 1080, 1920), (61, 240, 320)],
)
def test_a_film_is_resized_as_the_library_resizes_it(family: Processors, frames: int, height: int, width: int) -> None:
    rules = replace(FILM_RULES, max_pixels=4_000_000)
    film = noise(frames, height, width, 3)
    theirs = family.resized_film(film, rules)
    ours = fitted(film, rules)
    difference = np.abs(ours.astype(int) - theirs.permute(0, 2, 3, 1).numpy())
    assert difference.max() <= 2
    assert (difference > 0).mean() < 0.01
    patches, grid = patchify(film, rules)
    expected, expected_grid = family.film_values(theirs, rules)
    assert grid == expected_grid
    assert rules.tokens(rules.grid(frames, *target_size(frames, height, width, rules))) == len(expected) // 4
    torch.testing.assert_close(values(patches, rules), expected, rtol=0, atol=2.01 / 255 / min(rules.std))


def test_sixteen_bits_round_once() -> None:
    patches, _ = patchify(noise(1, 112, 112, 3), PICTURE_RULES)
    expected, _ = FAMILIES[0].picture_values(Image.fromarray(noise(1, 112, 112, 3)[0]), PICTURE_RULES)
    for dtype in (torch.bfloat16, torch.float16):
        assert torch.equal(values(patches, PICTURE_RULES).to(dtype), expected.to(dtype))
