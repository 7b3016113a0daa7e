"""The devices that a plan names, each opened once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import psutil
import torch

from glmv_cli.errors import ModelError
from glmv_cli.model.offload.cuda import CudaMover
from glmv_cli.model.offload.mover import HostMover, Mover
from glmv_cli.placement.hardware import Machine, probe
from glmv_cli.placement.plan import CPU

NO_CUDA = "this build of torch cannot use the GPU, so everything runs on the CPU"


def usable_machine() -> tuple[Machine, str | None]:
    """This machine as this process can use it, and what the user should know about the difference.

    What the process has taken already (torch, above all) is counted as available: plans have it in their workspace.
    Pages of files are not: they can be dropped, so the system counts them as available itself, and those of a mapped
    model are many.
    """
    # As NVML numbers GPUs. Read when CUDA is first asked for anything.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    machine = probe()
    memory = psutil.Process().memory_info()
    taken = memory.rss - getattr(memory, "shared", 0)  # that number is Linux's
    machine = replace(machine, available=min(machine.memory, machine.available + taken))
    if machine.gpus and not torch.cuda.is_available():
        return replace(machine, gpus=()), NO_CUDA
    return machine, None


OpenDevice = Callable[[str], Mover]
"""Makes the mover of a place, ``cuda:N``."""


def open_device(place: str) -> Mover:
    """A GPU. Raises :class:`ModelError` where torch knows none of that number."""
    device = torch.device(place)
    if not torch.cuda.is_available() or device.index >= torch.cuda.device_count():
        raise ModelError(
            f"the plan uses {place}, which torch cannot", "check that torch was built for it, or use --gpu-memory 0"
        )
    return CudaMover(device)


class Devices:
    """Movers by place; the CPU computes in ``dtype``."""

    def __init__(self, dtype: torch.dtype, open_device: OpenDevice) -> None:
        self._open = open_device
        self._movers: dict[str, Mover] = {CPU: HostMover(dtype)}

    def mover(self, place: str) -> Mover:
        """That of ``cuda:N`` or ``cpu``."""
        if place not in self._movers:
            self._movers[place] = self._open(place)
        return self._movers[place]
