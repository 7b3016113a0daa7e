"""Pictures by the protocols that terminals have for them. Each function returns what draws one from the cursor on."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glmv_cli.media.frames import Pixels

_CHUNK = 4096
_COLOURS = 64
_BAND = 6
_EMPTY = "?"
"""A column of a band in which no pixel has the colour; the others follow it in ASCII, by their bits."""
_RUN = re.compile(r"(.)\1{3,}")


def kitty(pixels: Pixels, columns: int, rows: int) -> str:
    """https://sw.kovidgoyal.net/kitty/graphics-protocol: a PNG in chunks; the terminal does not answer (``q=2``), and
    the cursor stays (``C=1``).
    """
    data = base64.b64encode(_png(pixels)).decode()
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    first = f"a=T,f=100,q=2,C=1,c={columns},r={rows},"
    return "".join(
        f"\x1b_G{'' if number else first}m={int(number < len(chunks) - 1)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def iterm(pixels: Pixels, columns: int, rows: int) -> str:
    """https://iterm2.com/documentation-images.html."""
    data = _png(pixels)
    size = f"size={len(data)};width={columns};height={rows};preserveAspectRatio=1"
    return f"\x1b]1337;File=inline=1;{size}:{base64.b64encode(data).decode()}\x07"


def sixel(pixels: Pixels) -> str:
    """DEC's STD 070: bands of six rows; in each, one colour after another, runs of equal columns with their length."""
    import numpy as np
    from PIL import Image

    image = Image.fromarray(pixels).quantize(_COLOURS)
    palette = np.array(image.getpalette(), dtype=np.int64).reshape(-1, 3)
    indices = np.asarray(image)
    height, width = indices.shape
    parts = [f'\x1bPq"1;1;{width};{height}']
    parts += [
        f"#{index};2;{';'.join(str(part * 100 // 255) for part in colour)}" for index, colour in enumerate(palette)
    ]
    for top in range(0, height, _BAND):
        band = indices[top : top + _BAND]
        bits = (1 << np.arange(len(band), dtype=np.uint8))[:, None]
        for index in np.unique(band):
            columns = ((band == index) * bits).sum(axis=0, dtype=np.uint8) + ord(_EMPTY)
            parts.append(f"#{index}{_runs(columns.astype(np.uint8).tobytes().decode('ascii'))}$")
        parts.append("-")
    return "".join(parts) + "\x1b\\"


def _runs(codes: str) -> str:
    """``!4?`` for ``????``; what is empty at the end is left out."""
    return _RUN.sub(lambda match: f"!{len(match[0])}{match[1]}", codes.rstrip(_EMPTY))


def _png(pixels: Pixels) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
