"""Animated pictures of the corpus; every frame is a clock."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from PIL import Image

from tools.corpus.clock import draw_clock


@dataclass(frozen=True, slots=True)
class Animation:
    """What is written to ``name`` by Pillow's encoder for ``format``."""

    name: str
    format: str
    lengths: tuple[int, ...]
    """For how many milliseconds each frame is shown."""
    size: tuple[int, int] = (64, 48)
    options: tuple[tuple[str, object], ...] = ()

    def number_at(self, seconds: float) -> int:
        """Which frame is on the screen."""
        return sum(end <= round(seconds * 1000) for end in accumulate(self.lengths[:-1]))

    def encoded(self) -> bytes:
        """The file. The same libraries write the same bytes."""
        first, *others = (Image.fromarray(draw_clock(number, *self.size)) for number in range(len(self.lengths)))
        file = io.BytesIO()
        options = dict(self.options)
        first.save(file, self.format, save_all=True, append_images=others, duration=list(self.lengths), **options)
        return file.getvalue()


def write_animation(animation: Animation, directory: Path) -> Path:
    """Write ``animation``; returns where."""
    path = directory / animation.name
    path.write_bytes(animation.encoded())
    return path


_KINDS: tuple[tuple[str, str, tuple[tuple[str, object], ...]], ...] = (
    ("gif", "GIF", ()),
    ("png", "PNG", ()),
    ("webp", "WEBP", (("lossless", True),)),
    ("avif", "AVIF", (("quality", 95),)),
)
_LENGTHS = {
    "steady": (100,) * 8,
    "uneven": (40, 200, 40, 1000, 80, 40, 2000, 120),
    "two": (500, 500),
    "long": (60,) * 100,
}


def all_animations() -> Iterator[Animation]:
    """Each format at an even and at an uneven pace, short and long."""
    for ending, format, options in _KINDS:
        for label, lengths in _LENGTHS.items():
            yield Animation(f"{format.lower()}-{label}-animation.{ending}", format, lengths, options=options)
