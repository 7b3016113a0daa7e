"""The pages of a TIFF file, found without decoding any: each directory of tags in its chain is a picture."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Little and big endian; TIFF and BigTIFF."""

_SUBFILE_TYPE = 254
_REDUCED, _MASK = 1, 4
_MOST_DIRECTORIES = 65_536


def page_frames(file: BinaryIO) -> list[int]:
    """Which pictures of ``file``, as Pillow counts them from 0, are pages.

    Those that call themselves a smaller version or a mask of another one are none (TIFF 6.0, NewSubfileType). A chain
    that is damaged, or runs in a circle, ends there. The first picture counts in any case.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:1] == b"I" else ">"
    big = head[:4] in SIGNATURES[2:]
    offset_format, count_format, entry_bytes = (order + "Q", order + "Q", 20) if big else (order + "I", order + "H", 12)
    at = _unpack(offset_format, head[8:] if big else head[4:])
    pages: list[int] = []
    seen: set[int] = set()
    while at and at < size and at not in seen and len(seen) < _MOST_DIRECTORIES:
        file.seek(at)
        count_bytes = struct.calcsize(count_format)
        entries = _unpack(count_format, file.read(count_bytes))
        if not entries:
            break
        if not _subfile_type(file.read(entry_bytes), order) & (_REDUCED | _MASK):
            pages.append(len(seen))
        seen.add(at)
        after = at + count_bytes + entries * entry_bytes
        if after >= size:
            break
        file.seek(after)
        at = _unpack(offset_format, file.read(struct.calcsize(offset_format)))
    return pages or [0]


def _subfile_type(entry: bytes, order: str) -> int:
    """The value of the tag, if ``entry`` holds it: tags are in order, and this is the lowest one."""
    if len(entry) < 12 or _unpack(order + "H", entry) != _SUBFILE_TYPE:
        return 0
    return _unpack(order + "I", entry[-4:] if len(entry) == 12 else entry[12:])


def _unpack(form: str, data: bytes) -> int:
    """The number at the start of ``data``; 0 if it is cut off."""
    length = struct.calcsize(form)
    return int(struct.unpack(form, data[:length])[0]) if len(data) >= length else 0
