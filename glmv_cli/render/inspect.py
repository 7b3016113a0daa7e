"""What ``glmv inspect`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glmv_cli.render.json_text import json_text
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.table import aligned
from glmv_cli.units import format_count

_HEADER = ("source", "kind", "size", "shown as", "grid", "tokens", "times")


def inspect_text(model: str, facts: Sequence[dict[str, Any]]) -> str:
    """A table for a person, one row for each picture or film, and the sum. ``facts`` are those of the JSON."""
    rows = [_HEADER, *map(_row, facts)]
    total = sum(fact["tokens"] for fact in facts)
    text = f"as {visible_line(model)} sees it\n\n" + aligned(rows, frozenset({5}))
    if len(facts) > 1:
        text += f"\ntogether {format_count(total)} tokens\n"
    sheets = [fact["sheet"] for fact in facts if fact["sheet"] is not None]
    return text + "".join(f"\nwritten: {visible_line(sheet)}" for sheet in sheets) + ("\n" if sheets else "")


def inspect_json(facts: Sequence[dict[str, Any]]) -> str:
    """One object a line for each picture or film."""
    return "".join(json_text(fact, "ascii") for fact in facts)


def _row(fact: dict[str, Any]) -> tuple[str, ...]:
    film = fact["film"]
    width, height = fact["size"]
    new_width, new_height = fact["shown_as"]
    return (
        visible_line(fact["source"]),
        fact["kind"],
        f"{width}×{height}" + (f", {film['frames']} frames" if film else ""),
        f"{new_width}×{new_height}" + (f", {len(film['times'])} frames" if film else ""),
        "×".join(map(str, fact["grid"])),
        format_count(fact["tokens"]),
        _times(film["times"]) if film else "",
    )


def _times(times: Sequence[float]) -> str:
    """The first ones and the last one, in seconds."""
    shown = [f"{time:.1f}" for time in times]
    if len(shown) > 4:
        shown = [*shown[:3], "…", shown[-1]]
    return " ".join(shown) + " s"
