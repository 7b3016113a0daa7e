"""The experts of a checkpoint that are read from its files, and the memory that is left for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import torch
from torch import nn

from glmv_cli.errors import MemoryShortageError
from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.modules import Experts4bit
from glmv_cli.model.offload.disk import FilePart, OnDisk, Shelf
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.model.offload.mapped import MappedFile
from glmv_cli.store.safetensors_header import Header, read_header
from glmv_cli.units import format_bytes

_KEYS = ("gate_up_proj", "gate_up_proj.absmax", "down_proj", "down_proj.absmax")
"""What the tensors of :class:`PackedExperts` are called in a file, in its order."""
_EXPERTS = re.compile(r"\blayers\.(\d+)\.mlp\.experts\.(gate_up_proj|down_proj)(\.absmax)?$")


class Library:
    """Finds a layer's experts in the files, and maps each file once."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._names = {
            (int(match[1]), match[2] + (match[3] or "")): name
            for name in files
            if (match := _EXPERTS.search(name)) is not None
        }
        self._files = files
        self._opened: dict[Path, tuple[MappedFile, Header]] = {}

    def put_on(self, shelf: Shelf, layer: int, experts: Experts4bit) -> OnDisk:
        """Binds a layer's experts to the mapped files, and leaves it to ``shelf`` what of them is in memory."""
        tensors: list[torch.Tensor] = []
        parts: list[FilePart] = []
        for key, bound in zip(_KEYS, tensors_of(experts.packed), strict=True):
            name = self._names[layer, key]
            file, header = self._open(self._files[name])
            start = header.tensors[name].start
            tensors.append(file.tensor(start, tuple(bound.shape), bound.dtype))
            parts.append(FilePart(file, start, bound[0].nbytes))
        experts.bind(PackedExperts(*tensors))
        return shelf.add(layer, experts.packed, tuple(parts))

    def _open(self, path: Path) -> tuple[MappedFile, Header]:
        if path not in self._opened:
            self._opened[path] = MappedFile(path), read_header(path)
        return self._opened[path]


def room_for_experts(
    allowed: int, model: nn.Module, on_disk: Collection[Experts4bit], moved: Iterable[nn.Parameter] = ()
) -> int:
    """What is left of the bytes ``allowed`` in main memory beside the weights that stay there.

    These are all of the model's, but for those ``on_disk`` and those ``moved`` to GPUs. Raises
    :class:`MemoryShortageError` if not one expert fits into what is left.
    """
    apart = {id(weight) for weight in moved} | {id(weight) for experts in on_disk for weight in experts.parameters()}
    stays = sum(weight.nbytes for weight in model.parameters() if id(weight) not in apart)
    largest = max(ExpertShape.of(experts.packed).size for experts in on_disk)
    if allowed - stays < largest:
        raise MemoryShortageError(
            f"{format_bytes(allowed)} of main memory leave no room for a single expert beside the other weights",
            f"allow {format_bytes(stays + largest - allowed)} more, with --cpu-memory; glmv plan shows what goes where",
        )
    return allowed - stays
