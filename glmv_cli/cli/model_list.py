"""What ``glmv models`` prints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from glmv_cli.errors import ModelError
from glmv_cli.families import FAMILIES
from glmv_cli.render.json_text import json_text
from glmv_cli.render.sanitize import visible_line, without_surrogates
from glmv_cli.render.table import aligned
from glmv_cli.store.json_files import read_json
from glmv_cli.store.models import resolve_model
from glmv_cli.store.paths import models_path
from glmv_cli.store.registry import DEMO, Entry, Registry
from glmv_cli.units import format_bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A model, as JSON has it. ``bytes``: of all its files; ``source``: the repository that it was pulled from."""

    name: str
    default: bool
    complete: bool
    model_type: str | None
    bytes: int
    source: str | None
    commit: str | None
    directory: str


def listing(environ: Mapping[str, str], chosen: str | None) -> list[Row]:
    """Every model on this machine; ``chosen`` is the default, by whatever name, ``None`` for the demo."""
    registry = Registry(models_path(environ))
    try:
        default = resolve_model(chosen, environ).directory
    except ModelError:
        default = None  # the commands that use it will tell
    rows = [_row(entry, default) for entry in registry.entries()]
    demo = resolve_model(DEMO, environ).directory
    rows.insert(sum(row.complete for row in rows), _row(Entry(DEMO, demo, True, None), default))
    if default is not None and not any(row.default for row in rows):
        rows.insert(0, _row(Entry(str(default), default, True, None), default))
    return rows


def as_json(rows: list[Row]) -> str:
    """A line a model."""
    return "".join(json_text(asdict(row), "ascii") for row in rows)


def as_table(rows: list[Row]) -> str:
    """A line a model, in columns."""
    rows_of_text = [
        ("*" * row.default, row.name, _family(row.model_type), format_bytes(row.bytes), _source(row)) for row in rows
    ]
    lines = [("", "NAME", "FAMILY", "SIZE", "FROM"), *rows_of_text]
    cells = [[visible_line(without_surrogates(cell)) for cell in line] for line in lines]
    return aligned(cells, right=frozenset({3}))


def _row(entry: Entry, default: Path | None) -> Row:
    origin = entry.origin
    return Row(
        entry.name,
        entry.complete and default is not None and os.path.realpath(entry.directory) == os.path.realpath(default),
        entry.complete,
        _model_type(entry.directory) if entry.complete else None,
        entry.size(),
        origin.repo if origin is not None else None,
        origin.commit if origin is not None else None,
        str(entry.directory),
    )


def _model_type(directory: Path) -> str | None:
    try:
        value = read_json(directory / "config.json").get("model_type")
    except ModelError:
        return None
    return value if isinstance(value, str) else None


def _family(model_type: str | None) -> str:
    if model_type is None:
        return "-"
    return FAMILIES[model_type].title if model_type in FAMILIES else model_type


def _source(row: Row) -> str:
    if not row.complete:
        return f"{row.source or '?'}, unfinished"
    return "built in" if row.name == DEMO else row.source or "-"
