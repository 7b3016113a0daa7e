"""Sizes, grids and tokens are those of transformers, within the budget of the checkpoint and of the user."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.prompt.patches import patchify
from glmv_cli.prompt.pixels import PixelRules, target_size
from tests.prompt.library import FAMILIES
from tests.prompt.library import PICTURE_RULES as RULES

TOKEN = 28 * 28 * 2

SIZES = st.integers(1, 9000)


def tokens_of(height: int, width: int, rules: PixelRules) -> int:
    new_height, new_width = target_size(1, height, width, rules)
    return new_height * new_width // rules.side**2


@given(st.integers(1, 700), SIZES, SIZES, st.integers(1, 8000), st.integers(1, 8000))
def test_sizes_are_those_of_transformers(frames: int, height: int, width: int, least: int, most: int) -> None:
    rules = replace(RULES, min_pixels=least * TOKEN, max_pixels=most * TOKEN)
    for theirs in (way for family in FAMILIES for way in (family.smart_resize, family.film_size)):
        options = {"min_pixels": rules.min_pixels, "max_pixels": rules.max_pixels}
        try:
            expected = theirs(num_frames=max(frames, 2), height=height, width=width, **options)
        except ValueError:
            with pytest.raises(MediaError, match="too long and thin"):
                target_size(frames, height, width, rules)
        else:
            assert target_size(frames, height, width, rules) == expected


@given(st.integers(1, 300), SIZES, SIZES)
def test_sides_are_whole_tokens_of_about_the_same_shape(frames: int, height: int, width: int) -> None:
    try:
        new_height, new_width = target_size(frames, height, width, RULES)
    except MediaError:
        assert max(height, width) > 200 * min(height, width) or min(height, width) < 28
        return
    assert new_height % 28 == new_width % 28 == 0
    assert min(new_height, new_width) >= 28
    # Some scale takes both sides to within a token of what they are.
    smallest = max((new_height - 28) / height, (new_width - 28) / width)
    largest = min((new_height + 28) / height, (new_width + 28) / width)
    assert smallest <= largest


@given(st.integers(1, 300), SIZES, SIZES)
def test_a_size_is_within_the_budget_but_for_strips_of_one_token(frames: int, height: int, width: int) -> None:
    assume(max(height, width) <= 150 * min(height, width))
    new_height, new_width = target_size(frames, height, width, RULES)
    pixels = max(2, frames) * new_height * new_width
    assert pixels <= RULES.max_pixels * (1 + 1 / max(2, frames)) or min(new_height, new_width) == 28
    assert pixels >= RULES.min_pixels * (1 - 1 / max(3, frames))  # an odd frame is counted in pairs, or not


@given(st.integers(1, 150), SIZES, SIZES)
def test_what_has_been_resized_stays(pairs: int, height: int, width: int) -> None:
    assume(max(height, width) <= 150 * min(height, width))
    new_height, new_width = target_size(2 * pairs, height, width, RULES)
    assume(RULES.min_pixels <= 2 * pairs * new_height * new_width <= RULES.max_pixels)
    assert target_size(2 * pairs, new_height, new_width, RULES) == (new_height, new_width)


@pytest.mark.parametrize(
    ("height", "width", "fits"),
    [(1, 200, True), (1, 201, False), (1, 8000, False), (8000, 1, False), (40, 8000, True), (39, 8000, False)],
)
def test_what_is_too_thin_for_the_library_is_refused(height: int, width: int, fits: bool) -> None:
    for family in FAMILIES:
        if fits:
            assert target_size(1, height, width, RULES) == family.smart_resize(
                2, height, width, min_pixels=RULES.min_pixels, max_pixels=RULES.max_pixels
            )
            continue
        with pytest.raises(ValueError, match="aspect ratio"):
            family.smart_resize(2, height, width)
        with pytest.raises(MediaError, match=f"{width}×{height} pixels is too long and thin"):
            target_size(1, height, width, RULES)


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
    patches, grid = patchify(frames, replace(RULES, film=True))
    assert grid == (2, 8, 8)
    assert patches.reshape(2, 64, 3, 2, 196)[:, 0, 0, :, 0].tolist() == [[0, 1], [2, 2]]
