"""Work on pixels in several threads: Pillow and numpy let go of the interpreter's lock while they compute."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Part = TypeVar("Part")


def each(work: Callable[[Part], None], parts: Sequence[Part], give_up: Event | None = None) -> None:
    """Does ``work`` on every part, in as many threads as there are processors for this process.

    Raises what ``work`` raises first, after the parts that have begun. ``give_up`` is set before these are waited for,
    also when it is an interrupt: ``work`` that takes long looks at it.
    """
    workers = min(len(parts), _processors())
    if workers < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        done = [pool.submit(work, part) for part in parts]
        try:
            for future in done:
                future.result()
        except BaseException:
            if give_up is not None:
                give_up.set()
            pool.shutdown(cancel_futures=True)
            raise


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def bands(length: int, thickness: int) -> list[tuple[int, int]]:
    """``length`` lines in bands of ``thickness``, at least one: where each begins and ends."""
    step = max(1, thickness)
    return [(start, min(start + step, length)) for start in range(0, length, step)]
