"""A checkpoint directory: its JSON files, and its tensors by name, mapped from safetensors files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from glmv_cli.errors import ModelError
from glmv_cli.model.mapped import MappedFile
from glmv_cli.store.checkpoint_files import CONFIG, read_headers
from glmv_cli.store.json_files import read_json
from glmv_cli.store.safetensors_header import TensorInfo

_DTYPES = {
    "U8": torch.uint8, "I8": torch.int8, "BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32,
    "F64": torch.float64, "I16": torch.int16, "I32": torch.int32, "I64": torch.int64, "BOOL": torch.bool,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which file holds which tensor. Opening reads headers only; tensors are mapped, not copied."""

    directory: Path
    config: dict[str, Any]
    files: dict[str, Path]
    """Tensor name → file."""
    infos: dict[str, TensorInfo]
    """Tensor name → type, shape and place in its file."""

    @classmethod
    def open(cls, directory: Path) -> Checkpoint:
        """Raises :class:`ModelError` if a file is missing, cut short, or not what its index says."""
        config = read_json(directory / CONFIG)
        headers = read_headers(directory)
        infos = {name: info for header in headers.values() for name, info in header.tensors.items()}
        files = {name: directory / shard for shard, header in headers.items() for name in header.tensors}
        return cls(directory, config, files, infos)

    def read(self, names: Iterable[str], huge_pages: bool = False) -> dict[str, torch.Tensor]:
        """The named tensors, on the CPU, as they lie in their files. They cannot be written to.

        ``huge_pages``: there is memory for all of the files, and they shall be read into huge pages.

        Raises :class:`ModelError` for a name that is not there, and a type that no model of ours has.
        """
        maps: dict[Path, MappedFile] = {}
        tensors: dict[str, torch.Tensor] = {}
        for name in names:
            if name not in self.files:
                raise ModelError(f"{self.directory} lacks the tensor '{name}'", "copy the checkpoint again")
            file, info = self.files[name], self.infos[name]
            if info.dtype not in _DTYPES:
                raise ModelError(f"{file}: the tensor '{name}' has the type {info.dtype}", "it is no 4-bit checkpoint")
            if file not in maps:
                maps[file] = MappedFile(file)
                if huge_pages:
                    maps[file].read_in_huge_pages()
            tensors[name] = maps[file].tensor(info.start, info.shape, _DTYPES[info.dtype])
        return tensors
