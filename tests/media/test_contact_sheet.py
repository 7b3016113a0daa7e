"""A sheet holds each frame's very pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from glmv_cli.media.contact_sheet import corners, write_contact_sheet


@pytest.mark.parametrize(("count", "height", "width"), [(1, 28, 28), (10, 112, 140), (7, 20, 600), (30, 280, 28)])
def test_each_frame_stands_on_the_sheet_as_it_is(count: int, height: int, width: int) -> None:
    frames = np.random.default_rng(count).integers(0, 256, (count, height, width, 3), np.uint8)
    file = io.BytesIO()
    write_contact_sheet(frames, [f"{index / 2:.1f} s" for index in range(count)], file)
    with Image.open(file, formats=["PNG"]) as image:
        sheet = np.asarray(image.convert("RGB"))
    for frame, (x, y) in zip(frames, corners(count, height, width), strict=True):
        assert np.array_equal(sheet[y : y + height, x : x + width], frame)
        assert (sheet[y + height : y + height + 20, x : x + width] < 128).any()  # the caption


def test_a_sheet_is_about_square() -> None:
    places = corners(100, 100, 100)
    right, bottom = max(x for x, _ in places), max(y for _, y in places)
    assert 0.8 < right / bottom < 1.25


def test_frames_of_a_temporal_patch_stand_side_by_side() -> None:
    places = corners(10, 112, 140, together=2)
    assert all(a[1] == b[1] and a[0] < b[0] for a, b in zip(places[::2], places[1::2], strict=True))
    assert corners(1, 112, 140, together=2) == corners(1, 112, 140)


def test_one_sees_where_a_white_page_ends() -> None:
    file = io.BytesIO()
    write_contact_sheet(np.full((1, 60, 40, 3), 255, np.uint8), [""], file)
    with Image.open(file, formats=["PNG"]) as image:
        sheet = np.asarray(image.convert("RGB"))
    [(x, y)] = corners(1, 60, 40)
    white = (sheet == 255).all(-1)
    assert white[y : y + 60, x : x + 40].all()
    assert white.sum() == 60 * 40
