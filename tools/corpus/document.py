"""Documents of the corpus: PDF and TIFF files, each page of which is a clock that tells its place."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tools.corpus.clock import BITS, COLORS, COLUMNS, ROWS, draw_clock

_CELL = 18
"""Points of a cell's side."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is written to ``name``: by Pillow's encoder for ``format``, or drawn in PDF's own words (``DRAWN``)."""

    name: str
    format: str
    pages: int
    size: tuple[int, int] = (64, 48)
    options: tuple[tuple[str, object], ...] = ()

    def encoded(self) -> bytes:
        """The file. The same libraries write the same bytes."""
        if self.format == "DRAWN":
            return drawn_pdf(self.pages)
        first, *others = (Image.fromarray(draw_clock(number, *self.size)) for number in range(self.pages))
        file = io.BytesIO()
        dates = {"creationDate": None, "modDate": None} if self.format == "PDF" else {}
        first.save(file, self.format, save_all=True, append_images=others, **dict(self.options), **dates)
        return file.getvalue()


def write_document(document: Document, directory: Path) -> Path:
    """Write ``document``; returns where."""
    path = directory / document.name
    path.write_bytes(document.encoded())
    return path


def all_documents() -> Iterator[Document]:
    """Scans, drawings, and pages of faxes."""
    for pages in (1, 3, 40):
        yield Document(f"drawn-{pages}pages.pdf", "DRAWN", pages)
        yield Document(f"scanned-{pages}pages.pdf", "PDF", pages)
    for compression in ("raw", "tiff_lzw", "jpeg"):
        yield Document(f"pages-{compression}.tif", "TIFF", 3, options=(("compression", compression),))
    yield Document("pages-big.tif", "TIFF", 3, options=(("big_tiff", True),))


def drawn_pdf(pages: int) -> bytes:
    """Rectangles, a line of text and a note on every page."""
    kids = b" ".join(b"%d 0 R" % (4 + 3 * number) for number in range(pages))
    box = b"[0 0 %d %d]" % (COLUMNS * _CELL, ROWS * _CELL)
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [%s] /Count %d /MediaBox %s>>" % (kids, pages, box),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ]
    for number in range(pages):
        drawing, note = 5 + 3 * number, 6 + 3 * number
        stream = _clock(number)
        objects += [
            b"<</Type /Page /Parent 2 0 R /Contents %d 0 R /Resources <</Font <</F 3 0 R>>>> /Annots [%d 0 R]>>"
            % (drawing, note),
            b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
            b"<</Type /Annot /Subtype /Text /Rect [0 0 1 1] /F 2 /Contents (page %d)>>" % number,
        ]
    return _file(objects)


def _clock(number: int) -> bytes:
    """As :func:`~tools.corpus.clock.draw_clock`; the text on it is as white as the cell below it."""
    bits = [(number >> bit) & 1 for bit in reversed(range(BITS))]
    drawing = b""
    for place, color in enumerate([*COLORS, *((255 * bit,) * 3 for bit in bits)]):
        row, column = divmod(place, COLUMNS)
        levels = b"%g %g %g" % tuple(level / 255 for level in color)
        at = (column * _CELL, (ROWS - 1 - row) * _CELL, _CELL, _CELL)
        drawing += b"%s rg %d %d %d %d re f\n" % (levels, *at)
    return drawing + b"BT /F 4 Tf 1 1 1 rg 1 %d Td (page) Tj ET" % (ROWS * _CELL - 5)


def _file(objects: Sequence[bytes]) -> bytes:
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return data + b"trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
