"""Tables: as such where the terminal is wide enough, else as a list of what stands in each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, cast

from markdown_it.token import Token
from rich import box
from rich.style import Style
from rich.table import Table
from rich.text import Text

from glmv_cli.render.terminal.inline import text_of
from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.pen import Pen

_LEAST_CELLS = 8
"""The width of a column below which its words break too often."""
_HEADER = Style(bold=True)
Justify = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Grid:
    """What a Markdown table says; rows may be of any length."""

    headers: Sequence[Text]
    aligned: Sequence[Justify]
    rows: Sequence[Sequence[Text]]

    @classmethod
    def of(cls, tokens: Iterable[Token], look: Look) -> Grid:
        """From the tokens of a table."""
        aligned: list[Justify] = []
        rows: list[list[Text]] = []
        for token in tokens:
            match token.type:
                case "tr_open":
                    rows.append([])
                case "th_open":
                    style = str(token.attrs.get("style", "text-align:left"))
                    aligned.append(cast(Justify, style.removeprefix("text-align:")))
                case "inline":
                    rows[-1].append(text_of(token.children or [], look))
        return cls(rows[0], aligned, rows[1:])


def table_lines(grid: Grid, width: int, pen: Pen, look: Look) -> list[str]:
    """The table in lines of at most ``width`` cells."""
    if width < _LEAST_CELLS * len(grid.headers):
        return _as_list(grid, width, pen)
    table = Table(
        box=box.SIMPLE_HEAD if look.unicode else box.ASCII2,
        show_edge=not look.unicode,
        pad_edge=False,
        header_style=_HEADER,
    )
    for header, justify in zip(grid.headers, grid.aligned, strict=True):
        table.add_column(header, justify=justify, overflow="fold")
    for row in grid.rows:
        table.add_row(*row)
    return [line.rstrip(" ") for line in pen.block(table, width)]


def _as_list(grid: Grid, width: int, pen: Pen) -> list[str]:
    if not grid.rows:
        return [line for header in grid.headers for line in pen.wrapped(header, width)]
    lines: list[str] = []
    for number, row in enumerate(grid.rows):
        lines += [""] if number else []
        for header, cell in zip_longest(grid.headers, row, fillvalue=Text()):
            label = Text.assemble((header.plain, _HEADER), ": ") if header.plain else Text()
            lines += pen.wrapped(label + cell, width)
    return lines
