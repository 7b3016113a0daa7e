"""Whether a picture file holds an animation, found from its blocks without decoding any."""

from __future__ import annotations

import struct
from typing import BinaryIO


def is_animated(file: BinaryIO) -> bool:
    """Whether ``file``, read from where it stands, is a GIF, PNG, WebP or AVIF of more than one frame.

    Damaged files are not: decoding will say what is wrong with them.
    """
    head = file.read(21)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        file.seek(8)
        return _png_frames(file) > 1
    if head.startswith((b"GIF87a", b"GIF89a")):
        file.seek(6)
        return _gif_has_two(file)
    if head.startswith(b"RIFF") and head[8:16] == b"WEBPVP8X":
        return bool(head[20:21]) and bool(head[20] & 0x02)  # the flag ANIM of the container's specification
    return head[4:12] == b"ftypavis"


def _png_frames(file: BinaryIO) -> int:
    """``num_frames`` of the chunk ``acTL``, which stands before the pixels."""
    while len(header := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", header)
        if kind == b"acTL" and len(body := file.read(4)) == 4:
            return int(struct.unpack(">I", body)[0])
        if kind == b"IDAT":
            break
        file.seek(size + 4, 1)
    return 1


def _gif_has_two(file: BinaryIO) -> bool:
    """Walk the blocks (GIF89a, appendix A) up to the second image."""
    screen = file.read(7)
    if len(screen) < 7:
        return False
    _skip_colours(file, screen[4])
    images = 0
    while (block := file.read(1)) in (b"!", b","):
        if block == b"!":
            file.read(1)  # which extension
        else:
            images += 1
            descriptor = file.read(9)
            if images == 2 or len(descriptor) < 9:
                return images == 2
            _skip_colours(file, descriptor[8])
            file.read(1)  # how many bits an LZW code begins with
        while (size := file.read(1)) not in (b"", b"\0"):
            file.seek(size[0], 1)
    return False


def _skip_colours(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        file.seek(3 << (flags & 7) + 1, 1)
