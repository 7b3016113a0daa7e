"""Each protocol, read back as its terminals read it."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from glmv_cli.render.preview.protocols import iterm, kitty, sixel

PIXELS = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)


def png(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_kitty_gets_a_png_in_chunks_and_is_not_to_answer() -> None:
    commands = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty(PIXELS, 9, 4))
    assert commands[0][0] == "a=T,f=100,q=2,C=1,c=9,r=4,m=1"
    assert {keys for keys, _ in commands[1:-1]} == {"m=1"}
    assert commands[-1][0] == "m=0"
    assert all(len(chunk) <= 4096 for _, chunk in commands)
    assert np.array_equal(png(base64.b64decode("".join(chunk for _, chunk in commands))), PIXELS)


def test_a_small_picture_is_one_chunk() -> None:
    assert kitty(PIXELS[:2, :2], 1, 1).startswith("\x1b_Ga=T,f=100,q=2,C=1,c=1,r=1,m=0;")


def test_iterm_gets_a_png() -> None:
    match = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+);([^:]*):([^\x07]*)\x07", iterm(PIXELS, 9, 4))
    assert match is not None
    data = base64.b64decode(match[3])
    assert (len(data), match[2]) == (int(match[1]), "width=9;height=4;preserveAspectRatio=1")
    assert np.array_equal(png(data), PIXELS)


@pytest.mark.parametrize("height", [6, 7, 17])
def test_sixels_are_the_picture_in_few_colours(height: int) -> None:
    smooth = np.zeros((height, 20, 3), dtype=np.uint8)
    smooth[:, :10, 0], smooth[height // 2 :, 5:, 1] = 255, 200
    assert np.abs(seen(sixel(smooth)).astype(int) - smooth).max() <= 3


def seen(text: str) -> np.ndarray:
    """What a terminal shows."""
    match = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', text)
    assert match is not None
    width, height = int(match[1]), int(match[2])
    shown = np.zeros((height, width, 3), dtype=np.uint8)
    palette: dict[int, list[int]] = {}
    colour, x, top = 0, 0, 0
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)(.)|([$-])|(.)", match[3]):
        number, red, green, blue, count, repeated, move, single = token.groups()
        if number and red:
            palette[int(number)] = [round(int(part) * 2.55) for part in (red, green, blue)]
        elif number:
            colour = int(number)
        elif move:
            x, top = 0, top + (6 if move == "-" else 0)
        else:
            run, bits = int(count or 1), ord(repeated or single) - 63
            for row in (row for row in range(6) if bits >> row & 1):
                shown[top + row, x : x + run] = palette[colour]
            x += run
    return shown
