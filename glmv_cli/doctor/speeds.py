"""How fast memory and a disk are read, measured in a second or two."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from glmv_cli.units import MIB

_LEAST, _MOST = 64 * MIB, 512 * MIB
"""Of memory: more than caches hold, and less than anyone misses."""
_RUNS = 4
_CHUNK, _SECONDS = 4 * MIB, 0.5


def memory_speed(threads: int, available: int) -> int:
    """Bytes a second that ``threads`` read, at best, from a block of memory that no cache holds: by the C library, or
    where there is none by torch's sum (21 GB/s where the library finds 20).

    Raises ``MemoryError`` where less than 64 MiB can be spared.
    """
    import torch

    from glmv_cli.kernels import native

    size = min(_MOST, available // 8)
    if size < _LEAST:
        raise MemoryError("too little memory is free to measure it")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return int(native.read_bandwidth(size, _RUNS) or _read_by_torch(size))
    finally:
        torch.set_num_threads(before)


def _read_by_torch(size: int) -> float:
    import torch

    block = torch.ones(size // 4)
    return size / min(_timed(block.sum) for _ in range(_RUNS))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def disk_speed(directory: Path) -> int | None:
    """Bytes a second of reading the largest file below ``directory`` from its beginning, past the system's cache.

    None if none is large enough to tell. Raises ``OSError`` where the file system has no way past its cache.
    """
    sizes = {file: file.stat().st_size for file in _files(directory)}
    largest = max(sizes, key=lambda file: sizes[file], default=None)
    if largest is None or sizes[largest] < _LEAST:
        return None
    buffer = mmap.mmap(-1, _CHUNK)  # aligned, as direct reads must be
    descriptor = os.open(largest, os.O_RDONLY | getattr(os, "O_DIRECT", 0))
    try:
        started, done = time.perf_counter(), 0
        while done < _MOST and time.perf_counter() - started < _SECONDS:
            count = os.preadv(descriptor, [buffer], done)
            if count < _CHUNK:
                break
            done += count
        return int(done / (time.perf_counter() - started))
    finally:
        os.close(descriptor)
        buffer.close()


def _files(directory: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(directory):
        yield from (path for name in names if (path := Path(folder, name)).is_file())
