"""Experts that pass through a GPU: buffers in a ring, some computed from while others are being filled."""

from __future__ import annotations

import torch

from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.offload.mover import Ticket
from glmv_cli.model.offload.staging import Staging


class Stream:
    """Memory for ``count`` experts on a device, at least 2; its layers share it, being computed one after the other."""

    def __init__(self, count: int, staging: Staging) -> None:
        self._staging = staging
        mover, size = staging.mover, staging.shape.size
        self._memory = torch.empty(count, size, dtype=torch.uint8, device=mover.device)
        self.experts = staging.shape.views(self._memory)
        self._used: list[Ticket] = [mover.computed()] * count
        self._next = 0

    def send(self, home: PackedExperts, expert: int) -> int:
        """Copies an expert to the next buffer, whose number is returned; what is computed next on the device waits
        for it. After that computing, call :meth:`computed`.
        """
        number, self._next = self._next, (self._next + 1) % len(self._used)
        self._staging.send(home, expert, self._memory[number], after=self._used[number]).hold_compute()
        return number

    def computed(self, number: int) -> None:
        """The computing that reads this buffer has been launched: the buffer is free when it is done."""
        self._used[number] = self._staging.mover.computed()
