"""What moving experts needs of a device: memory, copies beside the computing, and knowing when they are done."""

from __future__ import annotations

from typing import Protocol

import torch


class Ticket(Protocol):
    """Something that a device was told to do."""

    def done(self) -> bool:
        """Whether it has been done. Does not wait."""

    def wait(self) -> None:
        """Returns when it has been done."""

    def hold_compute(self) -> None:
        """What is computed on the device from now on starts after it; the caller goes on."""


class Mover(Protocol):
    """A device that computes, and is copied to at the same time."""

    device: torch.device
    dtype: torch.dtype
    """What activations and 16-bit weights are computed in there."""

    def staging(self, size: int) -> torch.Tensor:
        """``[size]`` bytes of main memory from which :meth:`upload` can copy without the caller's waiting."""

    def upload(self, source: torch.Tensor, target: torch.Tensor, after: Ticket) -> Ticket:
        """Copies staging memory to the device once ``after`` is done. ``source`` may change when the ticket is done."""

    def computed(self) -> Ticket:
        """Everything that was to be computed on the device up to now."""


class Done:
    """The ticket of what was done at once."""

    def done(self) -> bool:
        return True

    def wait(self) -> None:
        """There is nothing to wait for."""

    def hold_compute(self) -> None:
        """There is nothing to wait for."""


class HostMover:
    """Main memory in a device's place: copies happen at once. It computes where it is the plan's word, and in tests."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        self.device = torch.device("cpu")
        self.dtype = dtype

    def staging(self, size: int) -> torch.Tensor:
        return torch.empty(size, dtype=torch.uint8)

    def upload(self, source: torch.Tensor, target: torch.Tensor, after: Ticket) -> Ticket:
        after.wait()
        target.copy_(source)
        return Done()

    def computed(self) -> Ticket:
        return Done()
