"""Formats that Pillow reads and does not write: the smallest files of each."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from tools.corpus.clock import Pixels


def sun(pixels: Pixels) -> bytes:
    """Sun raster, 24 bit, blue first; rows are padded to 16 bits."""
    height, width = pixels.shape[:2]
    row = width * 3 + width % 2
    rows = np.zeros((height, row), np.uint8)
    rows[:, : width * 3] = pixels[..., ::-1].reshape(height, -1)
    return struct.pack(">8I", 0x59A66A95, width, height, 24, rows.size, 1, 0, 0) + rows.tobytes()


def fits(pixels: Pixels) -> bytes:
    """FITS 4.0, one plane of 8 bits, from the bottom up."""
    height, width = pixels.shape[:2]
    cards = {"SIMPLE": "T", "BITPIX": "8", "NAXIS": "2", "NAXIS1": str(width), "NAXIS2": str(height)}
    header = "".join(f"{name:8}= {value:>20}".ljust(80) for name, value in cards.items()) + "END".ljust(80)
    grey = np.asarray(Image.fromarray(pixels).convert("L"))[::-1].tobytes()
    return header.ljust(2880).encode() + grey.ljust(-(-len(grey) // 2880) * 2880, b"\0")


def xpm(pixels: Pixels) -> bytes:
    """XPM 3: one letter a pixel, at most 26 colours."""
    height, width = pixels.shape[:2]
    colors, indices = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    lines = [f"{width} {height} {len(colors)} 1"]
    lines += [f"{chr(97 + i)} c #{r:02x}{g:02x}{b:02x}" for i, (r, g, b) in enumerate(colors.tolist())]
    lines += ["".join(chr(97 + index) for index in row) for row in indices.reshape(height, width).tolist()]
    body = ",\n".join(f'"{line}"' for line in lines)
    return f"/* XPM */\nstatic char *picture[] = {{\n{body}\n}};\n".encode()


def cur(pixels: Pixels) -> bytes:
    """A cursor: an icon of another type, with the place that points."""
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    image.save(file, "ICO", sizes=[image.size], bitmap_format="bmp")
    data = bytearray(file.getvalue())
    data[2] = 2
    data[10:14] = bytes(4)
    return bytes(data)


def dcx(pixels: Pixels) -> bytes:
    """Pages of PCX; here one."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PCX")
    table = struct.pack("<I", 0x3ADE68B1) + struct.pack("<I", 4096) + bytes(4)
    return table.ljust(4096, b"\0") + file.getvalue()


def psd(pixels: Pixels) -> bytes:
    """Photoshop: no layers, three planes, not compressed."""
    height, width = pixels.shape[:2]
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, 8, 3)
    return header + bytes(4 * 3) + bytes(2) + np.ascontiguousarray(pixels.transpose(2, 0, 1)).tobytes()


def pixar(pixels: Pixels) -> bytes:
    """PIXAR raster: sizes at 416, mode at 424, pixels at 1024."""
    height, width = pixels.shape[:2]
    header = bytearray(1024)
    header[:4] = b"\200\350\000\000"
    struct.pack_into("<HH", header, 416, height, width)
    struct.pack_into("<HH", header, 424, 14, 2)
    return bytes(header) + pixels.tobytes()


WRITERS: Mapping[str, Callable[[Pixels], bytes]] = {
    "SUN": sun,
    "FITS": fits,
    "XPM": xpm,
    "CUR": cur,
    "DCX": dcx,
    "PSD": psd,
    "PIXAR": pixar,
}
