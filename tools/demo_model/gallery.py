"""Scenes and films as files, as people have them: PNG, JPEG and H.264 in mp4."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tools.demo_model.film import Film
from tools.demo_model.scene import Palette, draw

FRAMES_A_SECOND = 12
_SMOOTH = 2
"""Films are drawn this much larger and scaled down, for clean edges."""
_ENCODER = {"threads": "1", "mbtree": "0"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What happens to a picture before it is shown: JPEG, then a resize that may change its proportions."""

    name: str
    quality: int | None = None
    size: tuple[int, int] | None = None

    @property
    def suffix(self) -> str:
        return ".jpg" if self.quality and not self.size else ".png"


CONDITIONS = (
    Condition("clean"),
    Condition("jpeg", quality=60),
    Condition("resized", size=(640, 480)),
    Condition("jpeg+resized", quality=60, size=(640, 480)),
)


def save_picture(image: Image.Image, path: Path, condition: Condition) -> tuple[int, int]:
    """Writes ``image`` as ``condition`` says to ``path``; returns the width and height it has there."""
    if condition.quality and not condition.size:
        image.save(path, "JPEG", quality=condition.quality)
        return image.size
    if condition.quality:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=condition.quality)
        image = Image.open(buffer).convert("RGB")
    if condition.size:
        image = image.resize(condition.size, Image.Resampling.BICUBIC)
    image.save(path, "PNG")
    return image.size


def save_film(film: Film, path: Path, width: int, height: int, palette: Palette) -> None:
    """Writes every frame of ``film`` as H.264; width and height must be even, as yuv420p asks.

    One thread, no encoder name and no macroblock tree, so that the same libraries write the same bytes: for the tree,
    x264's vector code reads memory that was never set, and spends bits by what it finds there.
    """
    with av.open(path, "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_A_SECOND, options=_ENCODER)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FRAMES_A_SECOND)
        for number in range(film.seconds * FRAMES_A_SECOND):
            image = draw(film.scene(number / FRAMES_A_SECOND), width, height, palette, smooth=_SMOOTH)
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_A_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
