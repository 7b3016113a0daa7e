"""A weight file mapped into memory, of which ranges can be asked for and given back."""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

from glmv_cli.errors import ModelError

_CHUNK = 128 << 10
"""The system reads no more than its read-ahead window (128 KiB unless configured) for one request."""

_AROUND = 64 << 10
"""A fault gives access to so many bytes at once, if they are in the system's cache (``fault_around_bytes``)."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes ``start`` to ``end`` of a file."""

    start: int
    end: int

    def rounded(self, unit: int) -> Range:
        """The whole units, as pages, that hold it."""
        return Range(self.start // unit * unit, -(-self.end // unit) * unit)


class MappedFile:
    """A file as tensors. Pages that are touched are read; nothing else is, and nothing may be written.

    The mapping is shared and read-only: it costs the page cache that the file has anyway, and may be larger than the
    memory, which a private one (as safetensors makes it) may not. Raises :class:`ModelError` if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._size = os.fstat(self._descriptor).st_size
            self._map = mmap.mmap(self._descriptor, self._size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        except (OSError, ValueError) as error:
            raise ModelError(f"cannot read {path}: {error}", "copy the checkpoint again") from error
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The given buffer is not writable")
            self._bytes = torch.frombuffer(self._map, dtype=torch.uint8)

    def tensor(self, start: int, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """The tensor at byte ``start``. The mapping lives as long as one of its tensors does.

        A copy, if somebody who does not align tensors wrote the file.
        """
        data = self._bytes[start : start + math.prod(shape) * dtype.itemsize]
        if start % dtype.itemsize or not len(data):
            data = data.clone()
        return data.view(dtype).reshape(shape)

    def read_in_huge_pages(self) -> None:
        """What a fault brings in shall be huge pages, where the file system has such: the disk is read faster, and
        the memory too (4-bit experts 13 %). What the system's cache holds already stays as it is.
        """
        with contextlib.suppress(OSError, AttributeError):  # a kernel without huge pages, or another system
            self._map.madvise(mmap.MADV_HUGEPAGE)

    def read_by_parts(self) -> None:
        """A fault shall bring in no neighbours, which nobody counts: neither from the disk, nor whole huge pages of a
        file that was written lately. What is read ahead is what :meth:`will_need` says.
        """
        self._map.madvise(mmap.MADV_RANDOM)
        with contextlib.suppress(OSError):  # a kernel without huge pages
            self._map.madvise(mmap.MADV_NOHUGEPAGE)

    def will_need(self, part: Range) -> None:
        """Starts reading, and does not wait."""
        pages = part.rounded(mmap.PAGESIZE)
        for start in range(pages.start, min(pages.end, self._size), _CHUNK):
            self._map.madvise(mmap.MADV_WILLNEED, start, min(_CHUNK, self._size - start, pages.end - start))

    def drop(self, part: Range) -> None:
        """Gives the memory back: that of this process, and that of the system's cache of the file.

        Neighbours that share the first or last page are read again when they are wanted.
        """
        seen, pages = part.rounded(_AROUND), part.rounded(mmap.PAGESIZE)
        self._map.madvise(mmap.MADV_DONTNEED, seen.start, min(seen.end, self._size) - seen.start)
        os.posix_fadvise(self._descriptor, pages.start, pages.end - pages.start, os.POSIX_FADV_DONTNEED)

    def __del__(self) -> None:
        # The mapping has a life of its own; only the descriptor is ours to close.
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)
