"""The corpus is the same each time, and its names are unique."""

from __future__ import annotations

import json
from pathlib import Path

from tools.corpus.make import MANIFEST, Piece, make, pieces

WORDS = ("libx264.mp4", "mpeg4.avi", "ffv1.mkv", "png-rgb.png", "gif-two", "drawn-3")


def chosen() -> list[Piece]:
    return [piece for piece in pieces(long=False) if any(word in piece.name for word in WORDS)]


def test_names_are_unique() -> None:
    names = [piece.name for piece in pieces(long=True)]
    assert len(names) == len(set(names)) > 400


def test_the_same_is_written_twice(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        make(chosen(), tmp_path / folder)
    one, two = ((tmp_path / folder / MANIFEST).read_text() for folder in ("one", "two"))
    assert one == two
    files = json.loads(one)["files"]
    assert {file["kind"] for file in files} == {"film", "picture", "animation", "document"}
    assert all((tmp_path / "one" / file["name"]).stat().st_size == file["bytes"] for file in files)
