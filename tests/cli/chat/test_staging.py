from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.cli.chat.staging import Staged, chips, stage, stage_bytes
from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.messages import MediaSource
from glmv_cli.prompt.estimate import Estimate
from tests.cli.fakes import PNG


def test_a_chip_says_what_it_is_how_large_and_what_it_costs() -> None:
    items = [
        Staged(MediaSource("dir/cat.png", Path("dir/cat.png")), "image", Estimate(1024, 768, None, 1312)),
        Staged(MediaSource("film.mp4", Path("film.mp4")), "video", Estimate(640, 480, 2.5, 40)),
        Staged(MediaSource("b\x1b[2J.png", Path("b")), "image"),
    ]
    assert chips(items) == [
        "[image 1: cat.png 1024×768 ≈ 1,312 tokens]",
        "[video 2: film.mp4 640×480 2.5 s ≈ 40 tokens]",
        "[image 3: b\\x1b[2J.png]",
    ]


def test_what_cannot_be_shown_is_refused_at_once(folder: Path) -> None:
    assert stage("a.png").kind == "image"
    assert stage_bytes("clipboard", PNG).source.data == PNG
    with pytest.raises(InputNotFoundError):
        stage("none.png")
    with pytest.raises(MediaError):
        stage("text.png")
    with pytest.raises(MediaError, match="is a film"):
        stage("c.mp4", "image")


def test_media_that_cannot_be_measured_are_shown_without_a_size(folder: Path, demo_directory: Path) -> None:
    item = stage("a.png")
    item.estimate_with(demo_directory, 1000)
    assert chips([item]) == ["[image 1: a.png]"]
