"""The experts of a checkpoint that are read from its files, and the memory that is left for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import torch

from glmv_cli.errors import MemoryShortageError
from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.mapped import MappedFile
from glmv_cli.model.modules import Experts4bit
from glmv_cli.model.offload.disk import FilePart, OnDisk, Shelf
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.placement.plan import CPU, Plan
from glmv_cli.units import format_bytes

_KEYS = ("gate_up_proj", "gate_up_proj.absmax", "down_proj", "down_proj.absmax")
"""What the tensors of :class:`PackedExperts` are called in a file, in its order."""
_EXPERTS = re.compile(r"\blayers\.(\d+)\.mlp\.experts\.(gate_up_proj|down_proj)(\.absmax)?$")


class Library:
    """Finds a layer's experts in the files of a checkpoint.

    The files are mapped once more, each once: what is said to the system of these mappings concerns experts only.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._names = {
            (int(match[1]), match[2] + (match[3] or "")): name
            for name in checkpoint.files
            if (match := _EXPERTS.search(name)) is not None
        }
        self._checkpoint = checkpoint
        self._mapped: dict[Path, MappedFile] = {}

    def put_on(self, shelf: Shelf, layer: int, experts: Experts4bit) -> OnDisk:
        """Binds a layer's experts to the mapped files, and leaves it to ``shelf`` what of them is in memory."""
        tensors: list[torch.Tensor] = []
        parts: list[FilePart] = []
        for key, bound in zip(_KEYS, tensors_of(experts.packed), strict=True):
            name = self._names[layer, key]
            file, start = self._open(self._checkpoint.files[name]), self._checkpoint.infos[name].start
            tensors.append(file.tensor(start, tuple(bound.shape), bound.dtype))
            parts.append(FilePart(file, start, bound[0].nbytes))
        experts.bind(PackedExperts(*tensors))
        return shelf.add(layer, experts.packed, tuple(parts))

    def _open(self, path: Path) -> MappedFile:
        if path not in self._mapped:
            self._mapped[path] = MappedFile(path)
            self._mapped[path].read_by_parts()
        return self._mapped[path]


def room_for_experts(plan: Plan, on_disk: Iterable[Experts4bit]) -> int:
    """The bytes of main memory that the experts ``on_disk`` share: what the weights on the CPU leave.

    Raises :class:`MemoryShortageError` if not one expert fits.
    """
    room = plan.cpu_memory - sum(tier.weights for tier in plan.tiers if tier.place == CPU)
    largest = max(ExpertShape.of(experts.packed).size for experts in on_disk)
    if room < largest:
        raise MemoryShortageError(
            f"{format_bytes(plan.cpu_memory)} of main memory leave no room for a single expert beside what must stay",
            f"allow {format_bytes(largest - room)} more, with --cpu-memory; 'glmv plan' shows what goes where",
        )
    return room
