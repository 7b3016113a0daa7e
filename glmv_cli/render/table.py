"""Plain tables, aligned by spaces, the same on a terminal and in a file."""

from __future__ import annotations

from collections.abc import Sequence

from glmv_cli.render.cells import cells


def aligned(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """``rows`` of equally many cells as lines with columns two spaces apart; those in ``right`` end flush.

    Cells hold no control characters.
    """
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        gaps = [" " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)]
        padded = [
            gap + cell if index in right else cell + gap
            for index, (cell, gap) in enumerate(zip(row, gaps, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "".join(f"{line}\n" for line in lines)
