"""The frames of animated picture files, found from their blocks without decoding any."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

_STRAY = 256
"""Bytes between two blocks of a GIF that are passed over, as browsers and Pillow do."""


@dataclass(frozen=True, slots=True)
class ListedFrame:
    """``milliseconds``: for how long it is shown, as the file says. ``right`` and ``bottom``: its last pixel; only a
    GIF's may lie beyond the file's own size.
    """

    milliseconds: float
    right: int = 0
    bottom: int = 0


def is_animated(file: BinaryIO) -> bool:
    """Whether ``file``, read from where it stands, is a GIF, PNG, WebP or AVIF of more than one frame.

    Damaged files are not: decoding will say what is wrong with them.
    """
    head = file.read(21)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return any(kind == b"acTL" and _number(body[:4]) > 1 for kind, body in _png_chunks(file, b"IDAT"))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return next(islice(_gif_frames(file), 1, None), None) is not None
    if head.startswith(b"RIFF") and head[8:16] == b"WEBPVP8X":
        return bool(head[20:21]) and bool(head[20] & 0x02)  # the flag ANIM of the container's specification
    return head[4:12] == b"ftypavis"


def list_frames(file: BinaryIO) -> Iterator[ListedFrame] | None:
    """The frames of a GIF, PNG or WebP, read from its start, up to its first damage; ``None`` for other formats, of
    which only decoding tells.
    """
    head = file.read(12)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png_frames(file)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _gif_frames(file)
    return _webp_frames(file) if head.startswith(b"RIFF") and head.endswith(b"WEBP") else None


def _png_frames(file: BinaryIO) -> Iterator[ListedFrame]:
    """A picture before the first ``fcTL`` is no part of the animation; Pillow shows it first all the same."""
    left = 0
    begun = False
    for kind, body in _png_chunks(file, b"IEND"):
        if kind == b"acTL":
            left = _number(body[:4])
        elif kind == b"fcTL" and len(body) >= 24 and left > 0:
            number, parts = struct.unpack(">HH", body[20:24])
            yield ListedFrame(1000 * number / (parts or 100))
            begun, left = True, left - 1
        elif kind == b"IDAT" and not begun:
            yield ListedFrame(0)
            begun = True


def _png_chunks(file: BinaryIO, last: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and first bytes of each chunk before the first ``last``."""
    file.seek(8)
    while len(header := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", header)
        if kind == last:
            break
        body = file.read(min(size, 26))
        yield kind, body
        file.seek(size - len(body) + 4, 1)


def _webp_frames(file: BinaryIO) -> Iterator[ListedFrame]:
    """Each is a chunk ``ANMF``, of which bytes 12 to 14 are its length (RFC 9649, section 2.7.1.1)."""
    while len(header := file.read(8)) == 8:
        kind, size = struct.unpack("<4sI", header)
        body = file.read(min(size, 16))
        if kind == b"ANMF" and len(body) == 16:
            yield ListedFrame(int.from_bytes(body[12:15], "little"))
        file.seek(size - len(body) + size % 2, 1)


def _gif_frames(file: BinaryIO) -> Iterator[ListedFrame]:
    """The blocks of GIF89a, appendix A. A frame's length stands in the graphic control extension before it."""
    file.seek(6)
    screen = file.read(7)
    if len(screen) < 7:
        return
    _skip_colours(file, screen[4])
    hundredths = 0
    while (block := _gif_block(file)) is not None:
        if block == b"!":
            if file.read(1) == b"\xf9" and len(control := file.read(4)) == 4:
                hundredths = control[2] | control[3] << 8
                file.seek(control[0] - 3, 1)
        else:
            descriptor = file.read(9)
            if len(descriptor) < 9:
                return
            left, top, width, height = struct.unpack("<HHHH", descriptor[:8])
            yield ListedFrame(10 * hundredths, left + width, top + height)
            hundredths = 0
            _skip_colours(file, descriptor[8])
            file.read(1)  # how many bits an LZW code begins with
        while (size := file.read(1)) not in (b"", b"\0"):
            file.seek(size[0], 1)


def _gif_block(file: BinaryIO) -> bytes | None:
    """What kind of block begins here; ``None`` at the end."""
    for _ in range(_STRAY):
        kind = file.read(1)
        if kind in (b"!", b","):
            return kind
        if kind in (b"", b";"):
            break
    return None


def _skip_colours(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        file.seek(3 << (flags & 7) + 1, 1)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
