"""A device that behaves as a GPU may at its worst: copies take place as late as they are allowed to."""

from __future__ import annotations

from collections.abc import Callable

import torch

from glmv_cli.model.offload.mover import Done, Ticket


class Late:
    """Something that happens when somebody waits for it, or when the device gets round to it."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act

    def done(self) -> bool:
        return self._act is None

    def wait(self) -> None:
        act, self._act = self._act, None
        if act is not None:
            act()

    def hold_compute(self) -> None:
        self.wait()


class LateMover:
    """Main memory in a device's place. Until a copy happens, its target is full of 0xFF, whose scales are NaN.

    ``log``: ``("copy", first byte of the source)`` in the order in which the copies happened.
    """

    device = torch.device("cpu")
    dtype = torch.float32

    def __init__(self) -> None:
        self.pending: list[Late] = []
        self.log: list[str] = []

    def staging(self, size: int) -> torch.Tensor:
        return torch.empty(size, dtype=torch.uint8)

    def upload(self, source: torch.Tensor, target: torch.Tensor, after: Ticket) -> Ticket:
        after.wait()
        target.fill_(0xFF)
        self.log.append("start")

        def copy() -> None:
            target.copy_(source)  # what the source holds *now*: whoever has overwritten it spoils the copy
            self.log.append("copied")

        ticket = Late(copy)
        self.pending.append(ticket)
        return ticket

    def computed(self) -> Ticket:
        return Done()

    def finish(self) -> None:
        """All copies happen."""
        for ticket in self.pending:
            ticket.wait()
        self.pending.clear()
