"""Pages of PDF files as pictures, drawn by pdfium in the very size in which a model sees them."""

from __future__ import annotations

import ctypes
import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import pypdfium2.raw as pdfium
from pypdfium2 import PdfBitmap, PdfDocument, PdfiumError, PdfPage

from glmv_cli.errors import MediaError, MemoryShortageError
from glmv_cli.media.frames import DecodedImage, FrameFit, Pixels
from glmv_cli.media.limits import DEFAULT_PAGE_SECONDS, check_size
from glmv_cli.media.source import open_bytes
from glmv_cli.media.stoppable import Stoppable
from glmv_cli.messages import MediaSource

_DENSITY = 200 / 72
"""Pixels a point, at most: 200 dpi, in which offices scan. More shows nothing new of a page of text."""
_MOST_PIXELS = 2**25
"""Of a poster, whose points are many: beyond what any model is shown."""
_WHITE = 0xFFFFFFFF

_PDFIUM = Stoppable()
_T = TypeVar("_T")

# What it says is for programmers; without a handler Python would print it.
logging.getLogger("pypdfium2").addHandler(logging.NullHandler())


def count_pages(source: MediaSource) -> int:
    """How many pages it says that it has, at least one. Raises what :func:`read_page` does."""
    return _within(source, DEFAULT_PAGE_SECONDS, lambda document, stopped: len(document))


def first_missing(source: MediaSource, numbers: Iterable[int]) -> int | None:
    """The first of the pages ``numbers``, from 1, that is not there, for all that the file says. Nothing is drawn.

    Raises what :func:`read_page` does.
    """

    def look(document: PdfDocument, stopped: Callable[[], bool]) -> int | None:
        size = pdfium.FS_SIZEF()
        is_there = pdfium.FPDF_GetPageSizeByIndexF
        return next((n for n in numbers if stopped() or not is_there(document, n - 1, ctypes.byref(size))), None)

    return _within(source, DEFAULT_PAGE_SECONDS, look)


def page_size(source: MediaSource) -> tuple[int, int]:
    """Width and height in pixels of a page, turned as it is shown; nothing is drawn. Raises as :func:`read_page`."""
    return _within(source, DEFAULT_PAGE_SECONDS, lambda document, stopped: _size(source, document))


def read_page(
    source: MediaSource, *, max_pixels: int, fit: FrameFit | None = None, seconds: float = DEFAULT_PAGE_SECONDS
) -> DecodedImage:
    """Draw a page over white, with its annotations and the contents of its forms; the first one if none is named.

    ``fit`` says how large a model wants it; without it, it has 200 dpi. Only what is drawn counts for ``max_pixels``.
    A Ctrl-C is heard at once. pdfium then stops after at most 100 objects of the page, or in an image; but while it
    reads a page, or draws what lies within one object, such as a form, it cannot be stopped: see :class:`Stoppable`.

    Raises:
        MediaError: not a PDF, encrypted, damaged, without pages, or without this one; or more than ``seconds``.
        InputNotFoundError: the file cannot be opened any more.
        MemoryShortageError: it does not fit in memory.
    """

    def draw(document: PdfDocument, stopped: Callable[[], bool]) -> DecodedImage:
        width, height = _size(source, document)
        drawn_height, drawn_width = _fitted(source.name, fit, height, width)
        check_size(source.name, drawn_width, drawn_height, max_pixels)
        # Before a page is opened, or its fields stay empty.
        document.init_forms()
        page = document[_index(source, document)]
        drawn = _drawn(document, page, drawn_width, drawn_height, stopped)
        # Half the time of reversing the last axis.
        pixels = np.stack([drawn[..., channel] for channel in (2, 1, 0)], axis=-1)
        return DecodedImage(pixels, (height, width))

    return _within(source, seconds, draw)


def _drawn(document: PdfDocument, page: PdfPage, width: int, height: int, stopped: Callable[[], bool]) -> Pixels:
    """``[H, W, 3]``, blue first."""
    bitmap = PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
    place = (0, 0, width, height, 0, pdfium.FPDF_ANNOT)
    pause = pdfium.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(lambda this: stopped())
    status = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, *place, ctypes.byref(pause))
    pdfium.FPDF_RenderPage_Close(page)
    if status != pdfium.FPDF_RENDER_DONE:
        raise PdfiumError("stopped" if status == pdfium.FPDF_RENDER_TOBECONTINUED else "failed")
    if document.formenv is not None:
        pdfium.FPDF_FFLDraw(document.formenv, bitmap, page, *place)
    drawn: Pixels = bitmap.to_numpy()
    return drawn


def _fitted(name: str, fit: FrameFit | None, height: int, width: int) -> tuple[int, int]:
    try:
        return fit(1, height, width) if fit else (height, width)
    except MediaError as error:  # of a page that is too long and thin
        raise MediaError(f"{name}: {error.message}", error.hint) from error


def _within(source: MediaSource, seconds: float, work: Callable[[PdfDocument, Callable[[], bool]], _T]) -> _T:
    """What ``work`` makes of the document in ``source``; it is also told whether it shall stop."""

    def opened(stopped: Callable[[], bool]) -> _T:
        with _opened(source) as document:
            return work(document, stopped)

    return _PDFIUM.run(source.name, seconds, opened)


@contextmanager
def _opened(source: MediaSource) -> Iterator[PdfDocument]:
    """The document in ``source``; what pdfium raises inside is raised in our words."""
    name = source.name
    open_bytes(source).close()  # says why a file cannot be read, which pdfium does not
    handle = _load(source)
    if not handle:
        raise _refusal(name, pdfium.FPDF_GetLastError())
    document = PdfDocument(handle)
    try:
        if len(document) < 1:
            raise MediaError(f"{name} has no pages", "save or print it anew")
        yield document
    except PdfiumError as error:
        raise _damaged(name) from error
    except MemoryError as error:
        raise MemoryShortageError(f"{name} does not fit in memory", "choose fewer pages") from error
    finally:
        document.close()


def _load(source: MediaSource) -> pdfium.FPDF_DOCUMENT:
    """Not by ``PdfDocument`` itself, which tells a document without pages from an error by the error before."""
    if source.path is not None:
        return pdfium.FPDF_LoadDocument(os.fsencode(source.path.absolute()) + b"\0", None)
    # Bytes or mapped pages: an array knows where either lies, and ``source`` keeps them there.
    data = np.frombuffer(source.data or b"", np.uint8)
    return pdfium.FPDF_LoadMemDocument64(data.ctypes.data, len(data), None)


def _refusal(name: str, code: int) -> MediaError:
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return MediaError(
            f"{name} is encrypted, and cannot be read without its password",
            "save it without one first, as 'qpdf --decrypt --password=… in.pdf out.pdf' does",
        )
    return _damaged(name)


def _damaged(name: str) -> MediaError:
    return MediaError(f"{name} is damaged, or not a PDF that can be read", "fetch it again, or print it to a new PDF")


def _index(source: MediaSource, document: PdfDocument) -> int:
    page = 1 if source.page is None else source.page
    if page > len(document):
        raise MediaError(f"{source.name}: there are only {len(document)} pages now", "has the file changed?")
    return page - 1


def _size(source: MediaSource, document: PdfDocument) -> tuple[int, int]:
    width, height = document.get_page_size(_index(source, document))
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise MediaError(f"{source.name} has no size", "fetch it again, or print it to a new PDF")
    scale = min(_DENSITY, math.sqrt(_MOST_PIXELS / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))
