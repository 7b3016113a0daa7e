from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.cli.chat.staging import Staged, brief, chips, stage, stage_bytes
from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.limits import FindLimits
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.estimate import Estimate
from tests.cli.fakes import PNG
from tests.media.documents import write_pdf

LIMITS = FindLimits()


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
    (item,), notice = stage("a.png", LIMITS)
    assert (item.kind, notice) == ("image", None)
    assert stage_bytes("clipboard", PNG).source.data == PNG
    with pytest.raises(InputNotFoundError):
        stage("none.png", LIMITS)
    with pytest.raises(MediaError):
        stage("text.png", LIMITS)
    with pytest.raises(MediaError, match="is a film"):
        stage("c.mp4", LIMITS, "image")


def test_media_that_cannot_be_measured_are_shown_without_a_size(folder: Path, demo_directory: Path) -> None:
    (item,), _ = stage("a.png", LIMITS)
    item.estimate_with(demo_directory, 1000, SeeingOptions())
    assert chips([item]) == ["[image 1: a.png]"]


def test_the_pages_of_a_document_wait_one_by_one(folder: Path, demo_directory: Path) -> None:
    write_pdf(folder / "report.pdf", count=12)
    items, notice = stage("report.pdf#2-3", FindLimits(max_pages=1))
    items[0].estimate_with(demo_directory, 10**6, SeeingOptions(max_image_tokens=12))
    assert chips(items) == [
        "[image 1: report.pdf, page 2 400×300 ≈ 12 tokens]",
        "[image 2: report.pdf, page 3]",
    ]
    assert notice is None
    items, notice = stage("report.pdf", FindLimits(max_pages=10))
    assert len(items) == 10
    assert notice is not None
    assert brief(chips(items))[4:] == [
        "[image 5: report.pdf, page 5]",
        "[… 3 more]",
        "[image 9: report.pdf, page 9]",
        "[image 10: report.pdf, page 10]",
    ]
