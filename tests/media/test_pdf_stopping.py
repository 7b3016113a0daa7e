"""Drawing a page can be stopped, by an interrupt or its time limit, and is the same as if it could not."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import pypdfium2.raw as pdfium
import pytest
from pypdfium2 import PdfBitmap, PdfDocument

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import Pixels
from glmv_cli.media.image import read_image
from glmv_cli.media.stoppable import THREAD, Stoppable
from glmv_cli.messages import MediaSource
from tests.media.documents import (
    CORNER,
    annotated,
    bottomless,
    drawn,
    endless,
    filled_form,
    page,
    pdf_of,
    write_pdf,
)

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
