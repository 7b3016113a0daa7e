"""Damage of all kinds, within limits of memory: frames, pixels, or errors of ours; see ``tools/fuzz`` for an hour."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from tools.corpus.animation import all_animations
from tools.corpus.document import all_documents
from tools.corpus.film_table import available, by_codec
from tools.corpus.make import Piece, make
from tools.corpus.picture_table import by_compression, by_mode
from tools.fuzz.targets import TARGETS

COUNT = 500


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of each codec, and of each container; a picture of each mode; small animations and documents."""
    films = [next(by_codec(row)) for row in available()]
    films += {film.name.rpartition(".")[2]: film for row in available() for film in by_codec(row)}.values()
    pictures = [picture for picture in chain(by_mode(), by_compression()) if picture.size[0] < 100]
    chosen: list[Piece] = [*films, *pictures, *all_animations(), *all_documents()]
    directory = tmp_path_factory.mktemp("corpus")
    make({piece.name: piece for piece in chosen}.values(), directory)
    return directory


@pytest.mark.parametrize("target", TARGETS)
def test_damage_ends_in_pixels_or_in_an_error_of_ours(target: str, corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.fuzz.worker", str(corpus), str(tmp_path), str(tmp_path / "kept")]
    command += ["--seed", "1", "--count", str(COUNT), "--target", target]
    subprocess.run(command, check=True, timeout=120, cwd=Path(__file__).parent.parent.parent)
    assert [path.read_text() for path in (tmp_path / "kept").glob("*.txt")] == []
    outcomes = json.loads((tmp_path / "state.json").read_text())["outcomes"][target]
    assert sum(outcomes.values()) == COUNT
    # Broken profiles and EXIF cost what they say, not the picture.
    assert len(outcomes) > 1 or target in ("profile", "exif")
