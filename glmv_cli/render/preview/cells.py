"""Pictures of half characters: two pixels in each cell, one in its ink and one in its paper."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glmv_cli.media.frames import Pixels

_UPPER_HALF = "▀"
_RESET = "\x1b[0m"
# The palette of xterm-256color: a cube of six shades for each of red, green and blue, then greys.
_SHADES = (0, 95, 135, 175, 215, 255)
_CUBE, _GREYS = 16, 232
_DARKEST, _STEP, _GREY_COUNT = 8, 10, 24

Colour = tuple[int, int, int]


def half_cells(pixels: Pixels, all_colours: bool) -> str:
    """A line for each two rows of ``pixels`` ``[H, W, 3]``; with 256 colours, or all."""
    rows: list[list[Colour]] = pixels.tolist()
    lines = [_line(upper, lower, all_colours) for upper, lower in zip_longest(rows[::2], rows[1::2])]
    return "".join(f"{line}{_RESET}\n" for line in lines)


def _line(upper: list[Colour], lower: list[Colour] | None, all_colours: bool) -> str:
    parts, before = [], ""
    for x, top in enumerate(upper):
        style = f"38;{_code(top, all_colours)}"
        if lower is not None:
            style += f";48;{_code(lower[x], all_colours)}"
        parts.append(_UPPER_HALF if style == before else f"\x1b[{style}m{_UPPER_HALF}")
        before = style
    return "".join(parts)


def _code(colour: Colour, all_colours: bool) -> str:
    return "2;" + ";".join(map(str, colour)) if all_colours else f"5;{nearest(colour)}"


def nearest(colour: Colour) -> int:
    """The number of the colour among xterm's 256 that is most like ``colour``."""
    places = [min(range(6), key=lambda place: abs(_SHADES[place] - part)) for part in colour]
    grey = min(_GREY_COUNT - 1, max(0, round((sum(colour) / 3 - _DARKEST) / _STEP)))
    shade = _DARKEST + _STEP * grey
    in_cube = _distance(colour, (_SHADES[places[0]], _SHADES[places[1]], _SHADES[places[2]]))
    if _distance(colour, (shade, shade, shade)) < in_cube:
        return _GREYS + grey
    return _CUBE + 36 * places[0] + 6 * places[1] + places[2]


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
