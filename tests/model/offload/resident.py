"""What of a file is in memory: by the tables of this process, and by the system's cache."""

from __future__ import annotations

import ctypes
import mmap
import re
from pathlib import Path


def mapped_bytes(file: Path) -> int:
    """Bytes of ``file`` that this process has in its resident set."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(str(file))
        elif inside and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


def is_for_huge_pages(file: Path) -> bool:
    """Whether the system was asked for huge pages of a mapping of ``file``."""
    inside = found = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(str(file))
        elif inside and line.startswith("VmFlags:"):
            found = found or "hg" in line.split()
    return found


def cached_bytes(file: Path) -> int:
    """Bytes of ``file`` in the system's cache, whoever wanted them. The file must belong to the caller."""
    libc = ctypes.CDLL(None, use_errno=True)
    size = file.stat().st_size
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_COPY) as mapped:
        pages = -(-size // mmap.PAGESIZE)
        found = (ctypes.c_ubyte * pages)()
        start = ctypes.c_char.from_buffer(mapped)
        failed = libc.mincore(ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(size), found)
        del start
        if failed:
            raise OSError(ctypes.get_errno(), "mincore")
        return sum(page & 1 for page in found) * mmap.PAGESIZE
