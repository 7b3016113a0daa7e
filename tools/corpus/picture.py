"""One picture of the corpus: how it is written, and what must be seen in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from tools.corpus import seldom
from tools.corpus.clock import Pixels, draw_clock
from tools.corpus.icc import PROFILES, srgb_to_lab

NUMBER = 0xA53C96
"""The clock that every picture shows."""
_LUMA_1000 = np.array((299, 587, 114))
"""What grey a colour becomes (ITU-R BT.601)."""
_FORTH: Mapping[int, Callable[[Pixels], Pixels]] = {
    # EXIF's orientation: how an upright picture is stored so that readers undo it.
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is written to ``name``, by Pillow's encoder for ``format`` or by one of :mod:`tools.corpus.seldom`."""

    name: str
    format: str
    mode: str = "RGB"
    size: tuple[int, int] = (40, 24)
    """Width and height when upright."""
    orientation: int = 1
    profile: str = ""
    """One of :data:`~tools.corpus.icc.PROFILES`."""
    options: tuple[tuple[str, object], ...] = ()
    error: float = 1.0
    """Levels of 255 that a pixel may be off; beyond 4 only even areas are meant."""
    refused: bool = False
    """No picture that should be read: its format runs programs, has no signature, or is not for pictures."""

    def upright(self) -> Pixels:
        """What must be seen, ``[H, W, 3]``."""
        pixels = draw_clock(NUMBER, *self.size)
        if self.profile:
            pixels = PROFILES[self.profile].in_srgb(pixels)
        return _SEEN.get(self.mode, _unchanged)(pixels)

    def encoded(self) -> bytes:
        """The file. The same libraries write the same bytes."""
        stored = np.ascontiguousarray(_FORTH[self.orientation](draw_clock(NUMBER, *self.size)))
        if self.format in seldom.WRITERS:
            return seldom.WRITERS[self.format](stored)
        options = dict(self.options)
        if self.orientation != 1:
            exif = Image.Exif()
            exif[ExifTags.Base.Orientation] = self.orientation
            options["exif"] = exif.tobytes()
        if self.profile:
            options["icc_profile"] = PROFILES[self.profile].encoded()
        file = io.BytesIO()
        _STORED.get(self.mode, _converted)(stored, self.mode).save(file, self.format, **options)
        return file.getvalue()


def write_picture(picture: Picture, directory: Path) -> Path:
    """Write ``picture``; returns where. Raises what Pillow does for what it cannot write."""
    path = directory / picture.name
    path.write_bytes(picture.encoded())
    return path


def _alpha(pixels: Pixels) -> Pixels:
    """``[H, W]``: clear at the left, opaque at the right, whatever way the picture is turned."""
    height, width = pixels.shape[:2]
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


def _grey(pixels: Pixels) -> Pixels:
    grey: Pixels = np.rint(pixels @ _LUMA_1000 / 1000).astype(np.uint8)
    return grey


# What Pillow is given to write.


def _converted(pixels: Pixels, mode: str) -> Image.Image:
    return Image.fromarray(pixels).convert(mode)


def _black_and_white(pixels: Pixels, mode: str) -> Image.Image:
    return Image.fromarray(pixels).convert("1", dither=Image.Dither.NONE)


def _palette(pixels: Pixels, mode: str) -> Image.Image:
    return Image.fromarray(pixels).quantize(16, dither=Image.Dither.NONE)


def _with_alpha(pixels: Pixels, mode: str) -> Image.Image:
    image = Image.fromarray(pixels).convert("L" if mode == "LA" else "RGB")
    image.putalpha(Image.fromarray(_alpha(pixels)))
    return image


def _cmyk(pixels: Pixels, mode: str) -> Image.Image:
    """As much black ink as all colours share (ISO/IEC 10918-6 leaves the conversion open; this one can be undone)."""
    inks = 255 - pixels.astype(np.float64)
    black = inks.min(axis=2, keepdims=True)
    colored = np.where(black < 255, (inks - black) * 255 / np.maximum(255 - black, 1), 0)
    return Image.fromarray(np.rint(np.concatenate((colored, black), axis=2)).astype(np.uint8), "CMYK")


def _lab(pixels: Pixels, mode: str) -> Image.Image:
    return Image.merge(
        "LAB", [Image.fromarray(np.ascontiguousarray(band)) for band in np.moveaxis(srgb_to_lab(pixels), 2, 0)]
    )


def _sixteen_bit(pixels: Pixels, mode: str) -> Image.Image:
    return Image.fromarray(_grey(pixels).astype(np.uint16) * 257)


def _integers(pixels: Pixels, mode: str) -> Image.Image:
    return Image.fromarray(_grey(pixels).astype(np.int32) * 1000 - 70_000)


def _floats(pixels: Pixels, mode: str) -> Image.Image:
    return Image.fromarray((_grey(pixels) / 255).astype(np.float32))


_STORED: Mapping[str, Callable[[Pixels, str], Image.Image]] = {
    "1": _black_and_white,
    "P": _palette,
    "LA": _with_alpha,
    "RGBA": _with_alpha,
    "CMYK": _cmyk,
    "LAB": _lab,
    "I;16": _sixteen_bit,
    "I": _integers,
    "F": _floats,
}

# What must be seen of it.


def _unchanged(pixels: Pixels) -> Pixels:
    return pixels


def _seen_grey(pixels: Pixels) -> Pixels:
    return np.repeat(_grey(pixels)[..., None], 3, axis=2)


def _seen_black_and_white(pixels: Pixels) -> Pixels:
    light = pixels.astype(np.int64) @ _LUMA_1000 >= 128_000
    return np.repeat(np.where(light, 255, 0).astype(np.uint8)[..., None], 3, axis=2)


def _seen_over_white(pixels: Pixels) -> Pixels:
    alpha = _alpha(pixels)[..., None] / 255
    return np.rint(pixels * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _seen_grey_over_white(pixels: Pixels) -> Pixels:
    return _seen_over_white(_seen_grey(pixels))


_SEEN: Mapping[str, Callable[[Pixels], Pixels]] = {
    "1": _seen_black_and_white,
    **dict.fromkeys(("L", "I;16", "I", "F"), _seen_grey),
    "LA": _seen_grey_over_white,
    "RGBA": _seen_over_white,
}
