"""Picture files that Pillow reads but does not write, byte by byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

BLACK_IS_ZERO, WHITE_IS_ZERO, RGB, CMYK = 1, 0, 2, 5
"""TIFF 6.0, PhotometricInterpretation."""
ASSOCIATED = 1
"""ExtraSamples: colours have been multiplied with alpha."""
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
"""SampleFormat."""
GREY, COLOUR, GREY_ALPHA = 0, 2, 4
"""Colour types of PNG."""


def tiff(
    data: bytes,
    bits: int,
    photometric: int,
    *,
    width: int = 1,
    samples: int = 1,
    extra: int | None = None,
    sample_format: int = UNSIGNED,
    big_endian: bool = False,
) -> bytes:
    """One row of ``width`` pixels, not compressed."""
    order = ">" if big_endian else "<"
    tags: dict[int, Sequence[int]] = {
        256: [width], 257: [1], 258: [bits] * samples, 259: [1], 262: [photometric], 273: [0], 277: [samples],
        278: [1], 279: [len(data)], 339: [sample_format] * samples,
    }  # fmt: skip
    if extra is not None:
        tags[338] = [extra]
    beyond = 8 + 2 + 12 * len(tags) + 4  # values of more than four bytes, then the pixels
    long = b"".join(struct.pack(f"{order}{len(v)}H", *v) for _, v in sorted(tags.items()) if len(v) > 2)
    tags[273] = [beyond + len(long)]
    directory = struct.pack(f"{order}H", len(tags))
    for tag, values in sorted(tags.items()):
        if len(values) > 2:
            field = struct.pack(f"{order}I", beyond)
            beyond += 2 * len(values)
        else:
            field = struct.pack(f"{order}{len(values)}H", *values).ljust(4, b"\0")
        directory += struct.pack(f"{order}HHI", tag, 3, len(values)) + field
    head = (b"MM\0*" if big_endian else b"II*\0") + struct.pack(f"{order}I", 8)
    return head + directory + bytes(4) + long + data


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(line: bytes, bits: int, colours: int, *, width: int = 1, transparent: bytes | None = None) -> bytes:
    """One row of ``width`` pixels; ``transparent`` is the chunk tRNS."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, bits, colours, 0, 0, 0))
    mark = b"" if transparent is None else chunk(b"tRNS", transparent)
    body = chunk(b"IDAT", zlib.compress(b"\0" + line)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + mark + body
