"""A checkpoint directory: its JSON files, and its tensors by name, mapped from safetensors files."""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from glmv_cli.errors import ModelError
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

    def read(self, names: Iterable[str]) -> dict[str, torch.Tensor]:
        """The named tensors, on the CPU, as they lie in their files. They cannot be written to.

        Raises :class:`ModelError` for a name that is not there, and a type that no model of ours has.
        """
        maps: dict[Path, torch.Tensor] = {}
        tensors: dict[str, torch.Tensor] = {}
        for name in names:
            if name not in self.files:
                raise ModelError(f"{self.directory} lacks the tensor '{name}'", "copy the checkpoint again")
            file, info = self.files[name], self.infos[name]
            if info.dtype not in _DTYPES:
                raise ModelError(f"{file}: the tensor '{name}' has the type {info.dtype}", "it is no 4-bit checkpoint")
            if file not in maps:
                maps[file] = map_file(file)
            tensors[name] = _view(maps[file], info)
        return tensors


def map_file(path: Path) -> torch.Tensor:
    """All bytes of a file as a tensor that lives as long as anything that looks into it.

    The mapping is shared and read-only: it costs the page cache that the file has anyway, and may be larger than the
    memory, which a private one (as safetensors makes it) may not. Raises :class:`ModelError` if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}", "copy the checkpoint again") from error
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given buffer is not writable")
        return torch.frombuffer(mapped, dtype=torch.uint8)


def _view(file: torch.Tensor, info: TensorInfo) -> torch.Tensor:
    dtype = _DTYPES[info.dtype]
    if not info.elements:
        return torch.empty(info.shape, dtype=dtype)
    data = file[info.start : info.end]
    if info.start % dtype.itemsize:
        data = data.clone()  # a file by somebody who does not align tensors
    return data.view(dtype).reshape(info.shape)
