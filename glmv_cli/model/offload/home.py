"""Where a layer's experts live, and what has to be done before they can be read there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from glmv_cli.kernels.moe import PackedExperts


class Home(Protocol):
    """All experts of a layer, in main memory or in a mapped file."""

    @property
    def experts(self) -> PackedExperts:
        """Their tensors."""

    def visit(self, wanted: tuple[int, ...], *, tokens: int) -> Iterator[tuple[int, ...]]:
        """The ``wanted`` experts (each once) of a step of ``tokens``, in groups.

        A group may be read until the next is asked for; what follows is made ready in the meantime.
        """

    def holds(self, expert: int) -> bool:
        """Whether the expert can be read now without another visit."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Everything is there all the time."""

    experts: PackedExperts

    def visit(self, wanted: tuple[int, ...], *, tokens: int) -> Iterator[tuple[int, ...]]:
        if wanted:
            yield wanted

    def holds(self, expert: int) -> bool:
        return True
