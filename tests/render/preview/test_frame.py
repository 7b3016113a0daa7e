from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios

import numpy as np
import pytest

from glmv_cli.render.preview.frame import Frame, frame_on
from glmv_cli.render.preview.way import Way
from tests.render.terminal.emulator import Terminal

PIXELS = np.zeros((60, 100, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("columns", "rows", "size"),
    [(80, 24, (40, 8)), (200, 60, (40, 10)), (20, 24, (19, 8)), (4, 24, None), (80, 5, None)],
)
def test_it_is_small_and_where_there_is_no_room_there_is_none(
    columns: int, rows: int, size: tuple[int, int] | None
) -> None:
    frame = Frame.within(columns, rows, (10, 20))
    assert (frame and (frame.columns, frame.rows)) == size


@pytest.mark.parametrize("way", ["kitty", "iterm", "sixel"])
def test_what_follows_stands_below_the_picture_even_at_the_end_of_the_screen(way: Way) -> None:
    frame = Frame(40, 10, (10, 20))
    terminal = Terminal(80, 10)
    terminal.write("above\n" * 9)
    text = re.sub(r"\x1b[P_\]].*?(\x1b\\|\x07)", "", frame.drawn(PIXELS, way))  # the emulator knows no pictures
    terminal.write(text + "below")
    assert terminal.lines == ["above"] * 9 + [""] * 3 + ["below"]


def test_a_terminal_tells_how_large_its_characters_are() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours), os.fdopen(theirs, "w") as terminal:
        assert frame_on(terminal, "kitty", 80, 24) == Frame(40, 8, (10, 20))
        assert frame_on(terminal, "sixel", 80, 24) is None
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 80 * 7, 24 * 15))
        assert frame_on(terminal, "sixel", 80, 24) == Frame(40, 8, (7, 15))
        assert frame_on(terminal, "cells", 80, 24) == Frame(40, 8, (1, 2))
