"""How the four tensors of one expert lie in a single piece of memory, so that one copy moves it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from glmv_cli.kernels import nf4
from glmv_cli.kernels.moe import PackedExperts


@dataclass(frozen=True, slots=True)
class ExpertShape:
    """The widths of an expert, of which the sizes of its tensors follow."""

    hidden: int
    intermediate: int

    @classmethod
    def of(cls, experts: PackedExperts) -> ExpertShape:
        """The shape of the experts in these tensors."""
        _, hidden, half = experts.down.shape
        return cls(hidden, 2 * half)

    @property
    def size(self) -> int:
        """Bytes of one expert."""
        return sum(rows * columns * item for rows, columns, item in self._parts())

    def views(self, memory: torch.Tensor) -> PackedExperts:
        """``memory`` ``[n, size]`` uint8 as ``n`` experts, one a row: gate and up, their absmax, down, its absmax."""
        views: list[torch.Tensor] = []
        start = 0
        for rows, columns, item in self._parts():
            part = memory[:, start : start + rows * columns * item]  # [n, bytes]
            typed = part if item == 1 else part.view(torch.float32)
            views.append(typed.unflatten(1, (rows, columns)))  # [n, rows, columns]
            start += rows * columns * item
        return PackedExperts(*views)

    def _parts(self) -> tuple[tuple[int, int, int], ...]:
        """Rows, columns and bytes an item of each tensor, in the order of :class:`PackedExperts`."""
        hidden, inner = self.hidden, self.intermediate
        return (
            (2 * inner, hidden // 2, 1),
            (2 * inner, hidden // nf4.BLOCK_SIZE, 4),
            (hidden, inner // 2, 1),
            (hidden, inner // nf4.BLOCK_SIZE, 4),
        )


def tensors_of(experts: PackedExperts) -> tuple[torch.Tensor, ...]:
    """All four, in order."""
    return experts.gate_up, experts.gate_up_absmax, experts.down, experts.down_absmax
