"""Pages of PDF files: the right one, in the very size that is asked for, with all that stands on it."""

from __future__ import annotations

import mmap
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pypdfium2.raw as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdfium2 import PdfBitmap, PdfDocument

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.document import pages_of
from glmv_cli.media.frames import DecodedImage, Pixels
from glmv_cli.media.image import image_size, read_image
from glmv_cli.media.kind import kind_of
from glmv_cli.media.stoppable import THREAD, Stoppable
from glmv_cli.messages import MediaSource
from tests.media.documents import POINTS, bottomless, encrypted, endless, page_objects, pdf_of, rectangle, write_pdf

ROOT = Path(__file__).parent.parent.parent
INTERRUPTED = """
import os, resource, signal, sys, threading
from pathlib import Path
from glmv_cli.cli import process
from glmv_cli.media.image import read_image
from glmv_cli.messages import MediaSource

resource.setrlimit(resource.RLIMIT_DATA, (2**31, 2**31))  # deaf, it would grow and grow

def fit(count, height, width):  # the last that is asked before the page is drawn
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    return height, width

try:
    read_image(MediaSource("slow.pdf", path=Path(sys.argv[1])), max_pixels=10**6, fit=fit)
except KeyboardInterrupt:
    print("heard", flush=True)
process.end_if_computing(process.INTERRUPTED)
"""
"""What a command does on Ctrl-C."""
RED, WHITE = [255, 0, 0], [255, 255, 255]
CORNER = rectangle((1, 0, 0), 0, POINTS[1] - 27, 36, 27)
"""Red, a quarter of the page from its top left corner on."""


def page(*drawings: bytes, entries: bytes = b"", catalog: bytes = b"") -> MediaSource:
    return MediaSource("a.pdf", data=pdf_of(page_objects(drawings, entries, catalog))).page_of(1)


def drawn(source: MediaSource, height: int = 60, width: int = 80) -> DecodedImage:
    return read_image(source, max_pixels=10**6, fit=lambda count, own_height, own_width: (height, width))


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


def annotated() -> list[bytes]:
    square = b"<</Type /Annot /Subtype /Square /Rect [0 0 144 108] /C [1 0 0] /IC [1 0 0] /F 4 /AP <</N 5 0 R>>>>"
    red = rectangle((1, 0, 0), 0, 0, *POINTS)
    look = b"<</Subtype /Form /BBox [0 0 144 108] /Length %d>>\nstream\n%s\nendstream" % (len(red), red)
    return [*page_objects([b""], entries=b"/Annots [6 0 R]"), look, square]


def test_the_contents_of_forms_are_drawn() -> None:
    pixels = drawn(MediaSource("a.pdf", data=pdf_of(filled_form()))).pixels
    assert (pixels == RED).all(axis=2).sum() > 100


def filled_form() -> list[bytes]:
    return [
        *page_objects([b""], b"/Annots [6 0 R]", b"/AcroForm <</Fields [6 0 R] /DA (/Helv 80 Tf 1 0 0 rg) /DR 5 0 R>>"),
        b"<</Font <</Helv <</Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold>>>>>>",
        b"<</Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (MMM) /Rect [0 0 144 108] /F 4 "
        b"/DA (/Helv 80 Tf 1 0 0 rg) /DR 5 0 R>>",
    ]


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


def by_one_call(source: MediaSource, height: int, width: int) -> Pixels:
    """The page as pdfium draws it when it is not to be interrupted."""
    document = PdfDocument(source.data)
    document.init_forms()
    shown = document[(source.page or 1) - 1]
    bitmap = PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
    place = (0, 0, width, height, 0, pdfium.FPDF_ANNOT)
    pdfium.FPDF_RenderPageBitmap(bitmap, shown, *place)
    if document.formenv is not None:
        pdfium.FPDF_FFLDraw(document.formenv, bitmap, shown, *place)
    pixels: Pixels = bitmap.to_numpy()[..., ::-1].copy()
    document.close()
    return pixels


@pytest.mark.parametrize("entries", [b"", b"/Rotate 90", b"/CropBox [0 81 36 108]"])
@pytest.mark.parametrize("objects", [0, 1, 99, 100, 101, 2_000])
def test_a_page_that_can_be_interrupted_is_drawn_alike(objects: int, entries: bytes) -> None:
    ways = Random(objects)
    curve = b"%.2f 0.2 0.4 RG %d %d m %d %d %d %d %d %d c S\n"
    curves = (curve % (ways.random(), *(ways.randrange(144) for _ in range(8))) for _ in range(objects))
    source = page(CORNER + b"".join(curves), entries=entries)
    assert (drawn(source, 300, 400).pixels == by_one_call(source, 300, 400)).all()


def test_forms_and_annotations_too() -> None:
    for objects in (annotated(), filled_form()):
        source = MediaSource("a.pdf", data=pdf_of(objects))
        assert (drawn(source, 300, 400).pixels == by_one_call(source, 300, 400)).all()


def test_a_page_that_takes_too_long_is_refused_and_its_drawing_stops() -> None:
    source = MediaSource("slow.pdf", data=endless()).page_of(1)
    with pytest.raises(MediaError, match=r"^slow\.pdf, page 1 takes more than 0\.5 s to draw$"):
        read_image(source, max_pixels=10**6, page_seconds=0.5)
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(60)
            assert not thread.is_alive()
    assert drawn(page(CORNER)).pixels.shape == (60, 80, 3)


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_pdfium_stops_where_it_is_told(monkeypatch: pytest.MonkeyPatch, patience: int) -> None:
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > patience

    monkeypatch.setattr(Stoppable, "run", lambda self, name, seconds, work: work(stopped))
    with pytest.raises(MediaError):
        drawn(page(CORNER * 2000))
    assert asked == patience + 1


@pytest.mark.parametrize("document", [endless, bottomless])
def test_an_interrupt_is_heard_while_a_page_is_read_and_drawn(tmp_path: Path, document: Callable[[], bytes]) -> None:
    (tmp_path / "slow.pdf").write_bytes(document())
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "slow.pdf")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "heard\n", "")


def test_threads_may_draw_at_once(tmp_path: Path) -> None:
    source = MediaSource("a.pdf", path=write_pdf(tmp_path / "a.pdf", count=8))
    shown: dict[int, int] = {}

    def draw(number: int) -> None:
        shown[number] = int(drawn(source.page_of(number)).pixels[0, 0, 0])

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown == {number: 8 * number for number in range(1, 9)}
