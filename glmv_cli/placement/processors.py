"""The processors that this process may use: which of them share a core, which cores are fast, what they can do.

Read from sysfs and procfs (https://docs.kernel.org/admin-guide/cputopology.html). Where these are missing, every
processor is a core of its own.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from glmv_cli.placement.cgroup import cgroup_cpus

FEATURES = (
    ("avx2", "AVX2"),
    ("avx_vnni", "AVX-VNNI"),
    ("avx512f", "AVX-512"),
    ("avx512_vnni", "AVX512-VNNI"),
    ("avx512_bf16", "AVX512-BF16"),
    ("avx512_fp16", "AVX512-FP16"),
    ("amx_int8", "AMX-INT8"),
    ("amx_bf16", "AMX-BF16"),
    ("asimd", "NEON"),
    ("asimddp", "dotprod"),
    ("i8mm", "I8MM"),
    ("bf16", "BF16"),
    ("sve", "SVE"),
)
"""Instructions that matter to 4-bit arithmetic: Linux's name in /proc/cpuinfo, and the usual one."""

_FAST = 0.5
"""A core of at least this share of the greatest capacity is a fast one. Arm's capacities are relative speeds: of a
prime core 1024, of big ones 700 to 900, of little ones 250 to 400."""


@dataclass(frozen=True, slots=True)
class Core:
    """A physical core, as far as this process may use it."""

    cpus: tuple[int, ...]
    """Its logical processors, by number; several where there is simultaneous multithreading."""
    node: int = 0
    """Of memory, in NUMA machines."""
    fast: bool = True
    """No efficiency core."""


@dataclass(frozen=True, slots=True)
class Processors:
    """``cores``: by their first logical processor."""

    cores: tuple[Core, ...]
    quota: float | None = None
    """So many processors' time the container gets; None: all."""
    model: str = "unknown"
    features: tuple[str, ...] = ()

    @property
    def cpus(self) -> int:
        """Logical processors."""
        return sum(len(core.cpus) for core in self.cores)

    @property
    def fast_cores(self) -> tuple[Core, ...]:
        """All cores, or the performance cores of a hybrid processor."""
        return tuple(core for core in self.cores if core.fast)

    @property
    def nodes(self) -> int:
        """NUMA nodes that have any of the cores."""
        return len({core.node for core in self.cores})


def read_processors(root: Path = Path("/"), usable: frozenset[int] | None = None) -> Processors:
    """Those of the machine whose file system begins at ``root``, of which this process may use ``usable``."""
    cpus = usable_cpus() if usable is None else usable
    info = _cpuinfo(root / "proc/cpuinfo")
    return Processors(
        _cores(root / "sys/devices", cpus),
        cgroup_cpus(root / "sys/fs/cgroup", root / "proc/self/cgroup"),
        info.get("model name") or info.get("Model") or platform.processor() or platform.machine() or "unknown",
        _features((info.get("flags") or info.get("Features") or "").split()),
    )


def usable_cpus() -> frozenset[int]:
    """The numbers of the logical processors that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return frozenset(affinity(0) if affinity is not None else range(os.cpu_count() or 1))


def cpu_list(text: str) -> frozenset[int]:
    """``0-3,8`` → 0, 1, 2, 3, 8, as the kernel writes sets. Raises ``ValueError`` for anything else."""
    numbers: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def _cores(devices: Path, usable: frozenset[int]) -> tuple[Core, ...]:
    nodes = {
        cpu: int(folder.name.removeprefix("node"))
        for folder in sorted((devices / "system/node").glob("node[0-9]*"))
        for cpu in _listed(folder / "cpulist")
    }
    siblings = {_siblings(devices, cpu) & usable for cpu in usable}
    fast = _fast(devices, usable)
    cores = (Core(tuple(sorted(cpus)), nodes.get(min(cpus), 0), not fast.isdisjoint(cpus)) for cpus in siblings)
    return tuple(sorted(cores, key=lambda core: core.cpus))


def _siblings(devices: Path, cpu: int) -> frozenset[int]:
    return _listed(devices / f"system/cpu/cpu{cpu}/topology/thread_siblings_list") | {cpu}


def _fast(devices: Path, usable: frozenset[int]) -> frozenset[int]:
    """Intel's hybrid processors list their performance cores; Arm's kernel gives each a capacity. Else: all."""
    performance = _listed(devices / "cpu_core/cpus") & usable
    if performance:
        return performance
    capacities = {cpu: _capacity(devices / f"system/cpu/cpu{cpu}/cpu_capacity") for cpu in usable}
    least = _FAST * max(capacities.values(), default=0)
    return frozenset(cpu for cpu, capacity in capacities.items() if capacity >= least)


def _capacity(file: Path) -> int:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _listed(file: Path) -> frozenset[int]:
    try:
        return cpu_list(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return frozenset()


def _cpuinfo(file: Path) -> dict[str, str]:
    """Of the first processor; on a hybrid one, the others can do the same."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _features(flags: list[str]) -> tuple[str, ...]:
    return tuple(name for flag, name in FEATURES if flag in flags)
