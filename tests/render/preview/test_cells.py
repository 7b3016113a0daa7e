from __future__ import annotations

import numpy as np
import pytest

from glmv_cli.render.preview.cells import half_cells, nearest
from tests.render.terminal.emulator import Terminal

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PIXELS = np.array([[RED, RED], [GREEN, BLUE], [BLUE, RED]], dtype=np.uint8)


def test_a_cell_has_two_pixels_one_above_the_other() -> None:
    terminal = Terminal(10)
    terminal.write(half_cells(PIXELS, all_colours=True))
    assert terminal.lines == ["▀▀", "▀▀"]
    cells = [terminal.colours_at(row, column) for row in (0, 1) for column in (0, 1)]
    assert cells == [("ff0000", "00ff00"), ("ff0000", "0000ff"), ("0000ff", "default"), ("ff0000", "default")]
    assert terminal.cursor_at == (2, 0)


def test_with_256_colours_the_nearest_are_taken() -> None:
    terminal = Terminal(10)
    terminal.write(half_cells(PIXELS, all_colours=False))
    assert terminal.colours_at(0, 1) == ("ff0000", "0000ff")


@pytest.mark.parametrize(
    ("colour", "number"),
    [((0, 0, 0), 16), ((255, 255, 255), 231), ((130, 130, 130), 244), ((250, 100, 0), 202), ((8, 8, 8), 232)],
)
def test_nearest_is_a_colour_of_the_cube_or_a_grey(colour: tuple[int, int, int], number: int) -> None:
    assert nearest(colour) == number


def test_equal_neighbours_share_their_style() -> None:
    text = half_cells(np.zeros((2, 50, 3), dtype=np.uint8), all_colours=True)
    assert text.count("\x1b[") == 2
