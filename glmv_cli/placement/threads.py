"""How many threads compute, and on which processors.

One for each core, and on hybrid processors for each fast core: decoding waits for memory, which a few cores keep busy,
and products end with the slowest thread. llama.cpp (``cpu_get_num_math``) and Ollama choose the same; a second thread
on each core made llama.cpp 3.6 times slower in its issue 19110. A container's share of time is rounded up, since a
part of a processor is better used than left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from glmv_cli.errors import UsageError
from glmv_cli.placement.processors import Processors

OPENMP = "OMP_NUM_THREADS"


@dataclass(frozen=True, slots=True)
class Threads:
    """``cpus``: the logical processor of each thread, if they are bound; else empty. ``why``: in words."""

    count: int
    why: str
    cpus: tuple[int, ...] = ()


def choose_threads(
    processors: Processors, wished: int | None, pin: bool, environ: Mapping[str, str], origin: str | None = None
) -> Threads:
    """``wished``, or what :data:`OPENMP` says, or the best guess. ``origin`` is the variable or file that wishes.

    Raises :class:`UsageError` if more are wished than there are processors.
    """
    count, why = _count(processors, wished, environ, origin or "--threads")
    return Threads(count, why, seats(processors)[:count] if pin else ())


def _count(processors: Processors, wished: int | None, environ: Mapping[str, str], origin: str) -> tuple[int, str]:
    if wished is not None:
        if wished > processors.cpus:
            raise UsageError(
                f"{origin} asks for {wished} threads, of {processors.cpus} processors that glmv may use",
                f"leave it out for {sensible(processors)[0]}, which suits this machine",
            )
        return wished, origin
    openmp = environ.get(OPENMP, "").split(",")[0].strip()  # "4,2": the second is for nested regions
    if openmp.isdecimal() and int(openmp) > 0:
        return int(openmp), OPENMP
    return sensible(processors)


def sensible(processors: Processors) -> tuple[int, str]:
    """The number of threads that suits the machine, and why."""
    fast = len(processors.fast_cores)
    if processors.quota is not None and math.ceil(processors.quota) < fast:
        return max(1, math.ceil(processors.quota)), f"the container gets the time of {processors.quota:g} processors"
    return fast, "one for each core" if fast == len(processors.cores) else "one for each performance core"


def seats(processors: Processors) -> tuple[int, ...]:
    """Every logical processor, in the order in which threads are seated: fast cores first, siblings last; node by node,
    so that neighbouring threads share memory.
    """
    cores = sorted(processors.cores, key=lambda core: (not core.fast, core.node, core.cpus))
    deepest = max((len(core.cpus) for core in cores), default=0)
    return tuple(core.cpus[turn] for turn in range(deepest) for core in cores if turn < len(core.cpus))
