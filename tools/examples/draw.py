"""Draws the files of ``examples/``, and checks that they are what this script draws.

    python -m tools.examples.draw [--out examples] [--check]

The same libraries write the same bytes. ``--check`` allows for others: it compares what the files show,
exactly where the format is lossless, and else closely.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image

from glmv_cli.media.frames import DecodedImage, VideoInfo
from glmv_cli.media.load import load
from glmv_cli.messages import MediaSource
from tools.demo_model.film import Actor, Film
from tools.demo_model.gallery import save_film
from tools.demo_model.scene import COLORS, GROUNDS, Palette, Scene, Shape, draw

SHAPES = Scene(
    "gray",
    (
        Shape("star", "yellow", 0.17, 0.2, 0.15),
        Shape("circle", "red", 0.52, 0.5, 0.16),
        Shape("square", "blue", 0.82, 0.8, 0.14),
    ),
)
ONE = Scene("cyan", (Shape("star", "purple", 0.8, 0.22, 0.16),))
_KEPT = Shape("square", "green", 0.2, 0.5, 0.15)
BEFORE = Scene("pink", (_KEPT, Shape("triangle", "orange", 0.8, 0.78, 0.15)))
AFTER = Scene("pink", (Shape("circle", "blue", 0.8, 0.2, 0.15), _KEPT))
FILM = Film(
    "gray",
    (
        Actor(Shape("circle", "red", 0.17, 0.8, 0.15), to=(0.83, 0.8)),
        Actor(Shape("star", "yellow", 0.5, 0.22, 0.16), appears=3),
    ),
    seconds=5,
)

_SMOOTH = 4
_ORIENTATION, _TURN_RIGHT = 0x0112, 6
"""EXIF's tag, and its value for a picture that was stored turned to the left."""
_CLOSE = 2.0
"""Mean difference in levels, 0…255, that lossy encoders of different versions may show."""


class TrueColors(Palette):
    """Every colour just as it is named: both pictures of the pair must have the same."""

    def __init__(self) -> None:
        super().__init__(Random(0))

    def __getitem__(self, name: str) -> tuple[int, int, int]:
        return COLORS.get(name) or GROUNDS[name]


def shapes(path: Path) -> None:
    _draw(SHAPES).save(path, optimize=True)


def one(path: Path) -> None:
    """Stored as a phone that is held upright does: lying on its side, with a note to turn it."""
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURN_RIGHT
    _draw(ONE).transpose(Image.Transpose.ROTATE_90).save(path, quality=90, exif=exif)


def before(path: Path) -> None:
    _draw(BEFORE).save(path, optimize=True)


def after(path: Path) -> None:
    _draw(AFTER).save(path, optimize=True)


def film(path: Path) -> None:
    save_film(FILM, path, 320, 240, TrueColors())


FILES: dict[str, Callable[[Path], None]] = {
    "shapes.png": shapes,
    "one.jpg": one,
    "before.png": before,
    "after.png": after,
    "film.mp4": film,
}


def _draw(scene: Scene) -> Image.Image:
    return draw(scene, 640, 480, TrueColors(), smooth=_SMOOTH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("examples"))
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    args = parser.parse_args()
    if args.check:
        faults = check(args.out)
        sys.exit("\n".join(faults) if faults else 0)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, write in FILES.items():
        write(args.out / name)


def check(folder: Path) -> list[str]:
    """One line for every file of ``folder`` that does not show what this script draws."""
    faults = []
    with tempfile.TemporaryDirectory() as fresh:
        for name, write in FILES.items():
            write(Path(fresh) / name)
            if not (folder / name).exists():
                faults.append(f"{folder / name} is missing")
            elif not _alike(_shown(folder / name), _shown(Path(fresh) / name), exact=name.endswith(".png")):
                faults.append(f"{folder / name} is not current: run python -m tools.examples.draw")
    return faults


def _shown(path: Path) -> npt.NDArray[np.uint8]:
    """All frames ``[T, H, W, 3]``, upright."""

    def every_frame(info: VideoInfo) -> range:
        return range(info.total_frames)

    media = load(MediaSource(path.name, path), sampler=every_frame)
    return media.pixels[None] if isinstance(media, DecodedImage) else media.frames


def _alike(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8], exact: bool) -> bool:
    if a.shape != b.shape:
        return False
    differences = np.abs(a.astype(np.int16) - b).mean(axis=(1, 2, 3))
    return float(differences.max()) <= (0 if exact else _CLOSE)


if __name__ == "__main__":
    main()
