"""Pages of PDF files: the right one, in the very size that is asked for, with all that stands on it."""

from __future__ import annotations

import mmap
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.document import pages_of
from glmv_cli.media.image import image_size, read_image
from glmv_cli.media.kind import kind_of
from glmv_cli.messages import MediaSource
from tests.media.documents import (
    CORNER,
    POINTS,
    annotated,
    drawn,
    encrypted,
    filled_form,
    page,
    page_objects,
    pdf_of,
    rectangle,
    write_pdf,
)

RED, WHITE = [255, 0, 0], [255, 255, 255]


def test_each_page_is_the_right_one(tmp_path: Path) -> None:
    source = MediaSource("report.pdf", path=write_pdf(tmp_path / "report.pdf", count=10))
    pages = pages_of(source)
    assert pages is not None
    assert [one.name for one in pages] == [f"report.pdf, page {number}" for number in range(1, 11)]
    assert {kind_of(one) for one in pages} == {"image"}
    assert [drawn(one).pixels[30, 40, 0] for one in pages] == [8 * number for number in range(1, 11)]


@given(st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=40)
def test_a_page_is_drawn_in_the_very_size_that_is_asked_for(height: int, width: int) -> None:
    shown = drawn(page(rectangle((1, 0, 0), 0, 0, *POINTS)), height, width)
    assert shown.pixels.shape == (height, width, 3)
    assert (shown.pixels == RED).all()
    assert (shown.width, shown.height) == (400, 300)


def test_without_a_wish_it_has_200_dpi() -> None:
    source = page(CORNER)
    shown = read_image(source, max_pixels=10**6)
    assert shown.pixels.shape == (300, 400, 3)
    assert image_size(source) == (400, 300)
    assert (shown.pixels[:75, :100] == RED).all()
    assert (shown.pixels[76:] == WHITE).all()
    assert (shown.pixels[:, 101:] == WHITE).all()


@pytest.mark.parametrize(("angle", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_turned_pages_are_seen_as_they_are_read(angle: int, corner: tuple[int, int]) -> None:
    shown = read_image(page(CORNER, entries=b"/Rotate %d" % angle), max_pixels=10**6)
    assert (shown.width, shown.height) == ((400, 300) if angle % 180 == 0 else (300, 400))
    corners = {(0, 0), (0, -1), (-1, -1), (-1, 0)}
    assert {at for at in corners if shown.pixels[at].tolist() == RED} == {corner}


def test_what_is_cropped_is_not_seen() -> None:
    shown = read_image(page(CORNER, entries=b"/CropBox [0 81 36 108]"), max_pixels=10**6)
    assert shown.pixels.shape == (75, 100, 3)
    assert (shown.pixels == RED).all()


def test_annotations_are_drawn() -> None:
    assert (drawn(MediaSource("a.pdf", data=pdf_of(annotated()))).pixels[30, 40] == RED).all()


def test_the_contents_of_forms_are_drawn() -> None:
    pixels = drawn(MediaSource("a.pdf", data=pdf_of(filled_form()))).pixels
    assert (pixels == RED).all(axis=2).sum() > 100


@pytest.mark.parametrize("points", [(1, 1), (3, 2), (0.5, 0.5), (14400, 14400), (14400, 100)])
def test_stamps_and_posters_have_a_sane_size(points: tuple[float, float]) -> None:
    source = page(CORNER, entries=b"/MediaBox [0 0 %g %g]" % points)
    width, height = image_size(source)
    assert 1 <= width * height <= 2**25 * 1.01
    assert width / height == pytest.approx(points[0] / points[1], rel=0.3)
    assert drawn(source).pixels.shape == (60, 80, 3)


def test_only_what_is_drawn_counts_for_the_limit() -> None:
    source = page(CORNER)
    drawn(source, 10, 10)
    with pytest.raises(MediaError, match="page 1 has 120,000 pixels"):
        read_image(source, max_pixels=100)


def test_a_shape_that_the_model_refuses_is_named() -> None:
    def refuse(count: int, height: int, width: int) -> tuple[int, int]:
        raise MediaError("too thin", "crop it")

    with pytest.raises(MediaError, match=r"^a\.pdf, page 1: too thin$"):
        read_image(page(CORNER), max_pixels=10**6, fit=refuse)


def test_an_encrypted_file_is_refused() -> None:
    with pytest.raises(MediaError, match=r"^a\.pdf is encrypted") as caught:
        pages_of(MediaSource("a.pdf", data=encrypted(pdf_of(page_objects([CORNER])))))
    assert "qpdf --decrypt" in (caught.value.hint or "")


def test_a_file_without_pages_is_refused() -> None:
    with pytest.raises(MediaError, match=r"^a\.pdf has no pages$"):
        pages_of(MediaSource("a.pdf", data=pdf_of(page_objects([]))))


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.7\n" + bytes(range(256)) * 20])
def test_what_only_begins_like_one_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError, match=r"^a\.pdf is damaged") as caught:
        pages_of(MediaSource("a.pdf", data=data))
    assert caught.value.hint


def test_a_file_that_is_gone_or_has_changed_is_explained(tmp_path: Path) -> None:
    source = MediaSource("a.pdf", path=write_pdf(tmp_path / "a.pdf", count=2))
    with pytest.raises(MediaError, match="there are only 2 pages now"):
        drawn(source.page_of(3))
    (tmp_path / "a.pdf").unlink()
    with pytest.raises(InputNotFoundError, match=r"a\.pdf, page 1 does not exist"):
        drawn(source.page_of(1))


@given(st.data())
@settings(max_examples=150)
def test_damage_anywhere_ends_in_pixels_or_an_error(data: st.DataObject) -> None:
    whole = pdf_of(page_objects([CORNER, rectangle((0, 0, 1), 0, 0, *POINTS)]))
    broken = bytearray(whole[: data.draw(st.integers(9, len(whole)))])
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(5, len(broken) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        for one in pages_of(MediaSource("a.pdf", data=bytes(broken))) or ():
            assert drawn(one).pixels.shape == (60, 80, 3)


def test_a_document_may_lie_in_mapped_pages(tmp_path: Path) -> None:
    with write_pdf(tmp_path / "a.pdf", count=3).open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    pages = pages_of(MediaSource("standard input", data=data))
    assert pages is not None
    assert [drawn(one).pixels[30, 40, 0] for one in pages] == [8, 16, 24]
