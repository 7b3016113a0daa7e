"""Experts that live in a mapped file, of which a limited part is in memory at a time.

The system's page cache holds them; we say what to read before it is computed, and what to forget, so that the memory
that a user allows is what is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.mapped import MappedFile, Range
from glmv_cli.model.offload.experts import tensors_of
from glmv_cli.model.offload.residency import SCAN_TOKENS, Compute, Drop, Fetch, Key, Residency


@dataclass(frozen=True, slots=True)
class FilePart:
    """A tensor of all experts in a file: one after the other from ``start``, ``size`` bytes each."""

    file: MappedFile
    start: int
    size: int

    def of(self, expert: int) -> Range:
        """Where that expert's slice is."""
        return Range(self.start + expert * self.size, self.start + (expert + 1) * self.size)


class Shelf:
    """All experts on disk, of all layers; they share the memory of one :class:`Residency`."""

    def __init__(self, residency: Residency) -> None:
        self.residency = residency
        self._parts: dict[int, tuple[FilePart, ...]] = {}

    def add(self, layer: int, experts: PackedExperts, parts: tuple[FilePart, ...]) -> OnDisk:
        """A layer's experts as mapped tensors, and where each of these is in its file."""
        assert [part.size for part in parts] == [tensor[0].nbytes for tensor in tensors_of(experts)]
        self._parts[layer] = parts
        return OnDisk(experts, self, layer)

    def visit(self, layer: int, wanted: tuple[int, ...], tokens: int) -> Iterator[tuple[int, ...]]:
        """See :meth:`OnDisk.visit`."""
        keys = [Key(layer, expert) for expert in wanted]
        size = sum(part.size for part in self._parts[layer])
        for action in self.residency.step(keys, size, scan=tokens >= SCAN_TOKENS):
            match action:
                case Drop(dropped):
                    for key in dropped:
                        for part in self._parts[key.layer]:
                            part.file.drop(part.of(key.expert))
                case Fetch(fetched):
                    for key in fetched:
                        for part in self._parts[key.layer]:
                            part.file.will_need(part.of(key.expert))
                case Compute(ready):
                    yield tuple(key.expert for key in ready)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """One layer's experts; a :class:`~glmv_cli.model.offload.home.Home`."""

    experts: PackedExperts
    shelf: Shelf
    layer: int

    def visit(self, wanted: tuple[int, ...], *, tokens: int) -> Iterator[tuple[int, ...]]:
        """Groups that fit into the memory that is allowed; the next is read while the caller computes one."""
        return self.shelf.visit(self.layer, wanted, tokens)

    def holds(self, expert: int) -> bool:
        """Whether it is in memory."""
        return Key(self.layer, expert) in self.shelf.residency
