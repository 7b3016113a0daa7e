"""The part of a terminal that a preview takes."""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from glmv_cli.render.preview.cells import half_cells
from glmv_cli.render.preview.protocols import iterm, kitty, sixel
from glmv_cli.render.preview.way import Way

if TYPE_CHECKING:
    from glmv_cli.media.frames import Pixels

_MOST_COLUMNS, _MOST_ROWS = 40, 10
_LEAST_COLUMNS, _LEAST_ROWS = 4, 2
_SHARE = 3
"""Of the screen's lines, one in so many."""
_USUAL_CELL = (10, 20)
_HALF_CELLS = ("cells", "cells256")


@dataclass(frozen=True, slots=True)
class Frame:
    """At most ``columns`` times ``rows`` cells, each of ``cell`` pixels: width, height."""

    columns: int
    rows: int
    cell: tuple[int, int]

    @classmethod
    def within(cls, columns: int, rows: int, cell: tuple[int, int]) -> Frame | None:
        """What a screen of this size has room for, if that is enough to see anything."""
        frame = cls(min(_MOST_COLUMNS, columns - 1), min(_MOST_ROWS, rows // _SHARE), cell)
        return frame if frame.columns >= _LEAST_COLUMNS and frame.rows >= _LEAST_ROWS else None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.columns * self.cell[0], self.rows * self.cell[1]

    def drawn(self, pixels: Pixels, way: Way) -> str:
        """What shows ``pixels`` ``[H, W, 3]``, no larger than :attr:`size`, and then goes to the line below."""
        if way in _HALF_CELLS:
            return half_cells(pixels, all_colours=way == "cells")
        height, width = pixels.shape[:2]
        columns, rows = _cells(width, self.cell[0]), _cells(height, self.cell[1])
        match way:
            case "kitty":
                picture = kitty(pixels, columns, rows)
            case "iterm":
                picture = iterm(pixels, columns, rows)
            case _:
                picture = sixel(pixels)
        # Room first: where a picture makes the screen scroll, terminals differ on where the cursor is then.
        return "\n" * rows + f"\x1b[{rows}A\x1b7{picture}\x1b8\x1b[{rows}B"


def _cells(pixels: int, cell: int) -> int:
    return max(1, -(-pixels // cell))


def frame_on(terminal: TextIO, way: Way, columns: int, rows: int) -> Frame | None:
    """Where ``terminal`` has room for a preview. Sixels are pixels of the screen: without their size there is none."""
    if way in _HALF_CELLS:
        return Frame.within(columns, rows, (1, 2))
    cell = _cell_of(terminal)
    if cell is None and way == "sixel":
        return None
    return Frame.within(columns, rows, cell or _USUAL_CELL)


def _cell_of(terminal: TextIO) -> tuple[int, int] | None:
    """Width and height of a character in pixels, if the terminal tells."""
    if sys.platform == "win32":
        return None
    import fcntl
    import termios

    try:
        answer = fcntl.ioctl(terminal.fileno(), termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    return (width // columns, height // rows) if rows and columns and width >= columns and height >= rows else None
