"""What there is to place: a model by its ``config.json``, and its 4-bit weights where they are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmv_cli.families import Family
from glmv_cli.placement.shapes import Shape
from glmv_cli.placement.sizes import ModelSizes, sizes_of
from glmv_cli.store.checkpoint_files import CONFIG, SINGLE, read_headers, read_weight_map
from glmv_cli.store.json_files import read_json
from glmv_cli.store.safetensors_header import Header


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """A model that :func:`glmv_cli.placement.planner.make_plan` can place."""

    name: str
    family: Family
    sizes: ModelSizes
    on_disk: bool
    """Whether its 4-bit weights are there; else the sizes are those that they will have."""


def read_model(path: Path, name: str) -> PlannedModel:
    """From a checkpoint's directory, or from a ``config.json`` alone; ``name`` is what the user calls it.

    Raises :class:`ModelError` for an unsupported or senseless config, and for 4-bit weights that are cut short.
    """
    config = read_json(path / CONFIG if path.is_dir() else path)
    shape = Shape.of(config, name)
    headers = _headers(path, config) if path.is_dir() else None
    return PlannedModel(name, shape.family, sizes_of(shape, headers), headers is not None)


def _headers(directory: Path, config: dict[str, Any]) -> dict[str, Header] | None:
    """Of 4-bit weights that are all there; of others, the sizes say nothing about what will be loaded."""
    quantization = config.get("quantization_config")
    if not isinstance(quantization, dict) or quantization.get("load_in_4bit") is not True:
        return None
    weight_map = read_weight_map(directory)
    files = {SINGLE} if weight_map is None else set(weight_map.values())
    return read_headers(directory) if all((directory / file).is_file() for file in files) else None
