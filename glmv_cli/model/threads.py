"""The threads of this process that compute: torch's, which the C library shares."""

from __future__ import annotations

import os

import torch

from glmv_cli.placement.threads import Threads

_ENOUGH = 1 << 20
"""Elements that torch shares among all its threads."""


def use_threads(threads: Threads) -> None:
    """Compute with so many threads from here on; each on its own processor, if they are to be bound (Linux only).

    Threads are bound when they come into being, so this is for the beginning of a process: ones that are there already
    stay free. The thread that calls may use all the processors of the others, as what it starts later, such as decoders
    of films, inherits that from it.
    """
    torch.set_num_threads(threads.count)
    if not threads.cpus or not hasattr(os, "sched_setaffinity"):
        return
    before = _tasks()
    os.sched_setaffinity(0, threads.cpus)
    torch.zeros(_ENOUGH).add_(1)  # the first thing that is computed in parallel starts the threads
    for task, cpu in zip(sorted(_tasks() - before), threads.cpus[1:], strict=False):
        os.sched_setaffinity(task, {cpu})


def _tasks() -> set[int]:
    """Numbers of this process's threads; mostly they rise as threads are started, until the system begins anew."""
    return {int(name) for name in os.listdir("/proc/self/task")}
