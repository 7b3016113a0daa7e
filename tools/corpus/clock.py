"""A frame that says its number, which way is up, and whether its colours are right.

Eight columns and four rows of cells. The first row are colours, no two turns of which look alike; the other
three are the number, 24 bits from the left, white for 1. Cells are read in the middle, so that codecs may
smear their edges, and frames may be resized.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

COLORS = (
    (255, 255, 255), (224, 32, 32), (32, 192, 48), (48, 64, 224),
    (224, 208, 48), (128, 128, 128), (192, 64, 192), (16, 16, 16),
)  # fmt: skip
"""The first row, from the left."""
COLUMNS, ROWS = len(COLORS), 4
BITS = COLUMNS * (ROWS - 1)
_LUMA = np.array((0.299, 0.587, 0.114))
"""What grey a colour becomes (ITU-R BT.601)."""
_DARK, _LIGHT = 96, 160
"""A bit between these is not to be read: a frame that was blended of two."""


def draw_clock(number: int, width: int, height: int) -> Pixels:
    """``[height, width, 3]`` of frame ``number``, below 2**24; 8 by 4 pixels are the least that can be read."""
    bits = [(number >> bit) & 1 for bit in reversed(range(BITS))]
    cells = np.array([*COLORS, *((255 * bit,) * 3 for bit in bits)], np.uint8).reshape(ROWS, COLUMNS, 3)
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    return cells[rows[:, None], columns[None]]


def read_clock(frame: Pixels) -> int:
    """The number of ``frame``, ``[H, W, 3]``. Raises :class:`ValueError` for a frame that is not clearly one."""
    luma = _cells(frame) @ _LUMA
    bits = luma[1:].reshape(-1)
    if ((bits > _DARK) & (bits < _LIGHT)).any():
        raise ValueError(f"bits are neither black nor white: {bits.round().tolist()}")
    return int("".join("1" if bit >= _LIGHT else "0" for bit in bits), 2)


def color_error(frame: Pixels, *, grey: bool = False) -> float:
    """How many levels of 255 the worst of the colours is off: large for a frame that is turned or mirrored.

    ``grey``: a frame that was stored without colours.
    """
    expected = np.array(COLORS, np.float64)
    if grey:
        expected = np.repeat((expected @ _LUMA)[:, None], 3, axis=1)
    return float(np.abs(_cells(frame)[0] - expected).max())


def difference(one: Pixels, other: Pixels) -> float:
    """How many levels of 255 the cells of two frames are apart at most, in the mean of their middles."""
    return float(np.abs(_cells(one) - _cells(other)).max())


def _cells(frame: Pixels) -> npt.NDArray[np.float64]:
    """The mean colour of the middle of each cell, ``[ROWS, COLUMNS, 3]``."""
    height, width = frame.shape[:2]
    means = np.empty((ROWS, COLUMNS, 3))
    for row in range(ROWS):
        for column in range(COLUMNS):
            y, x = _middle(row, ROWS, height), _middle(column, COLUMNS, width)
            means[row, column] = frame[y, x].reshape(-1, 3).mean(axis=0)
    return means


def _middle(index: int, count: int, length: int) -> slice:
    first, end = (-(-edge * length // count) for edge in (index, index + 1))
    margin = (end - first) // 4
    return slice(first + margin, end - margin)
