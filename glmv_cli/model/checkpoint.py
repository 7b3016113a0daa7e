"""A checkpoint directory: its JSON files, and its tensors by name, mapped from safetensors files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from glmv_cli.errors import ModelError
from glmv_cli.store.json_files import read_json

_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which file holds which tensor. Opening reads headers only; tensors are mapped, not copied, on CPU."""

    directory: Path
    config: dict[str, Any]
    files: dict[str, Path]
    """Tensor name → file."""

    @classmethod
    def open(cls, directory: Path) -> Checkpoint:
        """Raises :class:`ModelError` if a file is missing, cut short, or not what its index says."""
        config = read_json(directory / "config.json")
        index = directory / _INDEX
        if not index.exists():
            return cls(directory, config, dict.fromkeys(_names(directory / _SINGLE), directory / _SINGLE))
        weight_map = read_json(index).get("weight_map")
        if not isinstance(weight_map, dict):
            raise ModelError(f"{index} has no 'weight_map'", "copy the checkpoint again")
        files = {str(name): directory / str(shard) for name, shard in weight_map.items()}
        for shard in sorted(set(files.values())):
            expected = {name for name, file in files.items() if file == shard}
            if missing := expected - _names(shard):
                raise ModelError(f"{shard} lacks the tensor '{min(missing)}'", "copy the checkpoint again")
        return cls(directory, config, files)

    def read(self, names: list[str]) -> dict[str, torch.Tensor]:
        """The named tensors, each file opened once. Raises :class:`ModelError` for a name that is not there."""
        by_file: dict[Path, list[str]] = {}
        for name in names:
            if name not in self.files:
                raise ModelError(f"{self.directory} lacks the tensor '{name}'", "copy the checkpoint again")
            by_file.setdefault(self.files[name], []).append(name)
        tensors: dict[str, torch.Tensor] = {}
        for file, wanted in by_file.items():
            with _open(file) as opened:
                tensors.update({name: opened.get_tensor(name) for name in wanted})
        return tensors


def _names(file: Path) -> set[str]:
    with _open(file) as opened:
        return set(opened.keys())


def _open(file: Path) -> Any:
    """A safetensors file; its header is checked against the size of the file."""
    try:
        return safe_open(file, framework="pt")
    except FileNotFoundError:
        raise ModelError(f"the checkpoint lacks {file.name}", f"expected it at {file}") from None
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{file} is damaged or cut short ({error})", "copy the checkpoint again") from error
