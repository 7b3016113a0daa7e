"""Copies to an NVIDIA GPU: pinned memory, a stream of their own, events."""

from __future__ import annotations

import torch

from glmv_cli.model.offload.mover import Ticket


class CudaMover:
    """Computing goes on in the current stream of the device while copies run in another."""

    def __init__(self, device: torch.device, dtype: torch.dtype = torch.bfloat16) -> None:
        self.device = device
        self.dtype = dtype
        self._copies = torch.cuda.Stream(device)

    def staging(self, size: int) -> torch.Tensor:
        return torch.empty(size, dtype=torch.uint8, pin_memory=True)

    def upload(self, source: torch.Tensor, target: torch.Tensor, after: Ticket) -> Ticket:
        assert isinstance(after, _Event)
        with torch.cuda.stream(self._copies):
            self._copies.wait_event(after.event)
            target.copy_(source, non_blocking=True)
            return _Event(self._copies)

    def computed(self) -> Ticket:
        return _Event(torch.cuda.current_stream(self.device))


class _Event:
    """A point in a stream."""

    def __init__(self, stream: torch.cuda.Stream) -> None:
        self.event = torch.cuda.Event()
        self._device = stream.device
        self.event.record(stream)

    def done(self) -> bool:
        return bool(self.event.query())

    def wait(self) -> None:
        self.event.synchronize()

    def hold_compute(self) -> None:
        torch.cuda.current_stream(self._device).wait_event(self.event)
