"""Damage to bytes, as transfers, broken disks and malice make it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random

_EDGES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 255, 256, 1024, 32767, 32768, 65535, 65536)
_WIDE = (0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF)
_FORMATS = ("B", "<H", ">H", "<I", ">I", "<Q", ">Q")
_MOST_STEPS = 6
_LONGEST_PIECE = 256
_PNG = b"\x89PNG\r\n\x1a\n"


def mutate(data: bytes, others: Sequence[bytes], draw: Random) -> bytes:
    """``data`` after one to six damages; pieces of ``others`` may come into it."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, _MOST_STEPS)):
        draw.choice(_DAMAGES)(changed, others, draw)
    # Without right sums a PNG is refused before what lies in it is looked at.
    if changed.startswith(_PNG) and draw.random() < 0.8:
        _mend_sums(changed)
    return bytes(changed)


def _flip_bits(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    for _ in range(draw.choice((1, 1, 2, 8, 40)) if data else 0):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _set_bytes(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    for _ in range(draw.choice((1, 1, 4, 20)) if data else 0):
        data[draw.randrange(len(data))] = draw.randrange(256)


def _set_number(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    """Write a number at the edge of something. Most numbers that matter stand at the beginning."""
    format = draw.choice(_FORMATS)
    size = struct.calcsize(format)
    if len(data) >= size:
        at = draw.randrange(min(len(data), draw.choice((64, 512, len(data)))))
        at = min(at, len(data) - size)
        value = draw.choice((*_EDGES, *_WIDE, len(data), len(data) - at))
        struct.pack_into(format, data, at, value & ((1 << 8 * size) - 1))


def _change_length(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    """Find what may be the length of something that follows, and change it a little or a lot."""
    for _ in range(64):
        format = draw.choice(_FORMATS[1:])
        size = struct.calcsize(format)
        if len(data) <= size:
            return
        at = draw.randrange(len(data) - size)
        (value,) = struct.unpack_from(format, data, at)
        if 4 <= value <= len(data) - at:
            changed = draw.choice((0, value - 1, value + 1, value * 2, value // 2, value + 65536, -1))
            struct.pack_into(format, data, at, changed & ((1 << 8 * size) - 1))
            return


def _truncate(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    del data[draw.randrange(len(data) + 1) :]


def _delete(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    at, end = _piece(data, draw)
    del data[at:end]


def _repeat(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    at, end = _piece(data, draw)
    data[end:end] = data[at:end] * draw.choice((1, 1, 2, 8))


def _move(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    at, end = _piece(data, draw)
    piece = data[at:end]
    to = draw.randrange(len(data) + 1)
    data[to : to + len(piece)] = piece


def _clear(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    at, end = _piece(data, draw)
    data[at:end] = bytes((draw.choice((0, 0, 255)),)) * (end - at)


def _insert(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    at = draw.randrange(len(data) + 1)
    data[at:at] = draw.randbytes(draw.choice((1, 2, 4, 16, 64)))


def _splice(data: bytearray, others: Sequence[bytes], draw: Random) -> None:
    """Go on with another file, or put a piece of it in place of one's own."""
    other = draw.choice(others)
    at = draw.randrange(len(data) + 1)
    if draw.random() < 0.3:
        data[at:] = other[at:]
    else:
        start, end = _piece(other, draw)
        data[at : at + end - start] = other[start:end]


_DAMAGES: tuple[Callable[[bytearray, Sequence[bytes], Random], None], ...] = (
    *(_flip_bits, _set_bytes, _set_number, _set_number, _set_number, _change_length, _change_length),
    *(_truncate, _delete, _repeat, _move, _clear, _insert, _splice),
)


def _piece(data: bytes | bytearray, draw: Random) -> tuple[int, int]:
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.randint(1, _LONGEST_PIECE))


def _mend_sums(data: bytearray) -> None:
    """Write the right CRC after each chunk of a PNG, as far as chunks can be followed."""
    at = len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            return
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
