"""What this machine has: GPUs through NVML, memory with the limits of its container, processors. No torch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glmv_cli.placement.cgroup import cgroup_memory
from glmv_cli.placement.processors import usable_cpus
from glmv_cli.units import GIB

CPU_BANDWIDTH, DISK_BANDWIDTH = 40 * 10**9, 2 * 10**9
"""Bytes a second where nothing better is known: two channels of DDR5, an NVMe drive."""
GPU_BANDWIDTH_PER_BYTE = 36
"""Bytes a second for each byte of a GPU's memory, where nothing better is known: RTX 3090 39, H100 42, H200 34."""

_SYSTEM = 2 * GIB
"""What a simulated machine's system and other programs take of its memory."""
_DISPLAY = GIB // 2
"""What a simulated GPU's driver and display take."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU, as ``cuda:index`` names it if CUDA orders devices by bus id. Bytes."""

    index: int
    name: str
    total: int
    free: int
    bandwidth: int
    """Bytes a second that its memory can deliver at best."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes, and bytes a second."""

    gpus: tuple[Gpu, ...]
    memory: int
    """Main memory that this process may have at all: of the machine, or of its container."""
    available: int
    """Of it, what is not in use; what only caches files counts as available."""
    cpus: int
    simulated: bool = False
    cpu_bandwidth: int = CPU_BANDWIDTH
    disk_bandwidth: int = DISK_BANDWIDTH


def probe(environ: Mapping[str, str] = os.environ) -> Machine:
    """This machine, now. A GPU whose driver does not answer is none."""
    import psutil

    memory = psutil.virtual_memory()
    total, available = memory.total, memory.available
    limit = cgroup_memory()
    if limit is not None:
        total, available = min(total, limit[0]), min(available, limit[1])
    return Machine(_visible(_nvml_gpus(), environ), total, max(0, available), len(usable_cpus()))


def simulated(gpus: Sequence[int] | None, memory: int | None, real: Machine) -> Machine:
    """``real`` with other GPUs, of these sizes (0: none), or another main memory; ``None``: as it is."""
    return Machine(
        gpus=real.gpus if gpus is None else tuple(
            Gpu(index, "simulated", size, max(0, size - _DISPLAY), GPU_BANDWIDTH_PER_BYTE * size)
            for index, size in enumerate(filter(None, gpus))
        ),
        memory=real.memory if memory is None else memory,
        available=real.available if memory is None else max(0, memory - _SYSTEM),
        cpus=real.cpus,
        simulated=True,
    )  # fmt: skip


def _nvml_gpus() -> list[tuple[str, Gpu]]:
    """UUID and GPU, by bus id; none without a driver."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [_nvml_gpu(pynvml.nvmlDeviceGetHandleByIndex(i), i) for i in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _nvml_gpu(handle: object, index: int) -> tuple[str, Gpu]:
    import pynvml

    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    try:  # MHz, twice a cycle, bits
        clock = pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_MEM)
        bandwidth = 2 * clock * 10**6 * pynvml.nvmlDeviceGetMemoryBusWidth(handle) // 8
    except pynvml.NVMLError:
        bandwidth = 0
    total = int(memory.total)
    name = _text(pynvml.nvmlDeviceGetName(handle))
    uuid = _text(pynvml.nvmlDeviceGetUUID(handle))
    return uuid, Gpu(index, name, total, int(memory.free), bandwidth or GPU_BANDWIDTH_PER_BYTE * total)


def _text(value: str | bytes) -> str:
    """Older releases of the library give bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _visible(gpus: list[tuple[str, Gpu]], environ: Mapping[str, str]) -> tuple[Gpu, ...]:
    """Those that ``CUDA_VISIBLE_DEVICES`` lets CUDA see, numbered as it does; an unknown one ends the list."""
    variable = environ.get("CUDA_VISIBLE_DEVICES")
    if variable is None:
        return tuple(gpu for _, gpu in gpus)
    chosen: list[Gpu] = []
    for wanted in (name.strip() for name in variable.split(",")):
        fits = [gpu for uuid, gpu in gpus if wanted == str(gpu.index) or (wanted and uuid.startswith(wanted))]
        if not fits:
            break
        gpu = fits[0]
        chosen.append(Gpu(len(chosen), gpu.name, gpu.total, gpu.free, gpu.bandwidth))
    return tuple(chosen)
