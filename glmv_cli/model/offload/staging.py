"""The way of an expert from its home to a device: through buffers from which the device copies by itself."""

from __future__ import annotations

import torch

from glmv_cli.kernels.moe import PackedExperts
from glmv_cli.model.offload.experts import ExpertShape, tensors_of
from glmv_cli.model.offload.mover import Mover, Ticket

BUFFERS = 2
"""One is filled while the device copies from the other."""


class Staging:
    """A ring of buffers of one expert each, shared by all layers of a device. ``sent``: bytes so far."""

    def __init__(self, mover: Mover, shape: ExpertShape) -> None:
        self.mover = mover
        self.shape = shape
        self.sent = 0
        self._buffers = [mover.staging(shape.size) for _ in range(BUFFERS)]
        self._experts = [shape.views(buffer[None]) for buffer in self._buffers]
        self._copied: list[Ticket | None] = [None] * BUFFERS
        self._next = 0

    def is_free(self) -> bool:
        """Whether :meth:`send` would not have to wait for a buffer."""
        ticket = self._copied[self._next]
        return ticket is None or ticket.done()

    def send(self, home: PackedExperts, expert: int, target: torch.Tensor, after: Ticket) -> Ticket:
        """Copies an expert to ``target`` (``[size]`` bytes on the device) once ``after`` is done.

        Returns when the home has been read; the ticket is done when the copy is complete.
        """
        number, self._next = self._next, (self._next + 1) % BUFFERS
        if (ticket := self._copied[number]) is not None:
            ticket.wait()
        for slice_, tensor in zip(tensors_of(self._experts[number]), tensors_of(home), strict=True):
            slice_[0].copy_(tensor[expert])
        self._copied[number] = ticket = self.mover.upload(self._buffers[number], target, after)
        self.sent += self.shape.size
        return ticket
