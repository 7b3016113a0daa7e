"""Frames say their number at any size, and notice when they are turned, blended or in other colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.corpus.clock import color_error, difference, draw_clock, read_clock


@given(st.integers(0, 2**24 - 1), st.integers(8, 200), st.integers(4, 150))
def test_a_number_is_read_back(number: int, width: int, height: int) -> None:
    frame = draw_clock(number, width, height)
    assert frame.shape == (height, width, 3)
    assert read_clock(frame) == number
    assert color_error(frame) == 0


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_frame_shows(turns: int, mirrored: bool) -> None:
    frame = np.rot90(draw_clock(5, 96, 64), turns)
    assert color_error(frame[:, ::-1] if mirrored else frame) > 50


def test_a_mirrored_frame_shows() -> None:
    assert color_error(draw_clock(5, 96, 64)[:, ::-1]) > 50
    assert color_error(draw_clock(5, 96, 64)[::-1]) > 50


def test_a_blend_of_two_frames_is_not_read() -> None:
    blend = (draw_clock(5, 96, 64).astype(np.uint16) + draw_clock(6, 96, 64)) // 2
    with pytest.raises(ValueError, match="neither"):
        read_clock(blend.astype(np.uint8))


def test_other_colours_show() -> None:
    frame = draw_clock(5, 96, 64)
    assert color_error(frame[..., ::-1]) > 50
    assert difference(frame, frame[..., ::-1]) > 50
    assert difference(frame, frame) == 0
