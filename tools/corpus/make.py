"""Writes the corpus: films, animations, documents and pictures of every kind, and a manifest of what each of them is.

    python -m tools.corpus.make DIRECTORY [--long] [--only WORD]

Nothing of it is committed: the same libraries write the same bytes. Every picture, page and frame shows a clock
(:mod:`tools.corpus.clock`), so that a reader can be held against what was drawn.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import av
import PIL
from pillow_heif import register_heif_opener

from tools.corpus.animation import Animation, all_animations, write_animation
from tools.corpus.document import Document, all_documents, write_document
from tools.corpus.film import Film, write_film
from tools.corpus.film_table import all_films, long_films
from tools.corpus.picture import Picture, write_picture
from tools.corpus.picture_table import all_pictures, large_pictures

Piece = Film | Animation | Document | Picture
MANIFEST = "manifest.json"


def pieces(*, long: bool) -> Iterator[Piece]:
    """Everything; ``long``: what takes minutes or hundreds of megabytes to make, too."""
    yield from chain(all_pictures(), all_documents(), all_animations(), all_films())
    if long:
        yield from chain(large_pictures(), long_films())


def write(piece: Piece, directory: Path) -> Path:
    """Write one piece of any kind; returns where. Raises what PyAV and Pillow do."""
    if isinstance(piece, Film):
        return write_film(piece, directory)
    if isinstance(piece, Animation):
        return write_animation(piece, directory)
    if isinstance(piece, Document):
        return write_document(piece, directory)
    return write_picture(piece, directory)


def be_quiet() -> None:
    """Encoders talk on stderr; SVT-AV1 can be told not to by this variable alone. Teaches Pillow to write HEIC."""
    os.environ["SVT_LOG"] = "1"
    register_heif_opener(thumbnails=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--long", action="store_true", help="films of two hours and pictures of 48 megapixels too")
    parser.add_argument("--only", default="", metavar="WORD", help="what has this in its name")
    args = parser.parse_args()
    started = time.monotonic()
    chosen = [piece for piece in pieces(long=args.long) if args.only in piece.name]
    make(chosen, args.directory)
    size = sum((args.directory / piece.name).stat().st_size for piece in chosen)
    print(f"{len(chosen)} files, {size / 1e6:.1f} MB, {time.monotonic() - started:.0f} s")


def make(chosen: Iterable[Piece], directory: Path) -> None:
    """Write ``chosen`` and their manifest. Raises what PyAV and Pillow do."""
    directory.mkdir(parents=True, exist_ok=True)
    be_quiet()
    entries = [_entry(piece, write(piece, directory)) for piece in chosen]
    made_by = {"av": av.__version__, "pillow": PIL.__version__, "libavcodec": av.library_versions["libavcodec"]}
    manifest = {"made_by": made_by, "files": entries}
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1, default=str) + "\n")


def _entry(piece: Piece, path: Path) -> dict[str, object]:
    data = path.read_bytes()
    kind = type(piece).__name__.lower()
    return {"kind": kind, **asdict(piece), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


if __name__ == "__main__":
    main()
