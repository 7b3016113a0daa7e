"""PDF files, written by hand: pages of plain colours and a few shapes, whose every byte is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glmv_cli.media.frames import DecodedImage
from glmv_cli.media.image import read_image
from glmv_cli.messages import MediaSource

POINTS = (144.0, 108.0)
"""Width and height of a page; 400×300 pixels at 200 dpi."""


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of numbered objects, from 1; the first is the catalog."""
    data = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(places) + 1, table)
    data += b"trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, start)
    return data


def page_objects(drawings: Sequence[bytes], entries: bytes = b"", catalog: bytes = b"") -> list[bytes]:
    """A document whose pages draw these; ``entries`` stand in each page, ``catalog`` in the catalog.

    Objects are the catalog, the list of pages, then a page and its drawing each.
    """
    kids = b" ".join(b"%d 0 R" % (3 + 2 * index) for index in range(len(drawings)))
    objects = [
        b"<</Type /Catalog /Pages 2 0 R %s>>" % catalog,
        b"<</Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 %g %g]>>" % (kids, len(drawings), *POINTS),
    ]
    for index, drawing in enumerate(drawings):
        objects.append(b"<</Type /Page /Parent 2 0 R /Contents %d 0 R %s>>" % (4 + 2 * index, entries))
        objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(drawing), drawing))
    return objects


def rectangle(colour: tuple[float, float, float], x: float, y: float, width: float, height: float) -> bytes:
    """Filled; points from the lower left corner of the page."""
    return b"%g %g %g rg %g %g %g %g re f\n" % (*colour, x, y, width, height)


CORNER = rectangle((1, 0, 0), 0, POINTS[1] - 27, 36, 27)
"""Red, a quarter of the page from its top left corner on."""


def grey(number: int) -> tuple[float, float, float]:
    """The colour that page ``number`` of :func:`write_pdf` is filled with: ``8 · number`` of 255."""
    return (8 * number / 255,) * 3


def write_pdf(path: Path, count: int = 1, entries: bytes = b"") -> Path:
    """``count`` pages, each of a grey of its own."""
    drawings = [rectangle(grey(number), 0, 0, *POINTS) for number in range(1, count + 1)]
    path.write_bytes(pdf_of(page_objects(drawings, entries)))
    return path


def annotated() -> list[bytes]:
    square = b"<</Type /Annot /Subtype /Square /Rect [0 0 144 108] /C [1 0 0] /IC [1 0 0] /F 4 /AP <</N 5 0 R>>>>"
    red = rectangle((1, 0, 0), 0, 0, *POINTS)
    look = b"<</Subtype /Form /BBox [0 0 144 108] /Length %d>>\nstream\n%s\nendstream" % (len(red), red)
    return [*page_objects([b""], entries=b"/Annots [6 0 R]"), look, square]


def filled_form() -> list[bytes]:
    return [
        *page_objects([b""], b"/Annots [6 0 R]", b"/AcroForm <</Fields [6 0 R] /DA (/Helv 80 Tf 1 0 0 rg) /DR 5 0 R>>"),
        b"<</Font <</Helv <</Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold>>>>>>",
        b"<</Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (MMM) /Rect [0 0 144 108] /F 4 "
        b"/DA (/Helv 80 Tf 1 0 0 rg) /DR 5 0 R>>",
    ]


def claiming(count: int, there: int = 4) -> bytes:
    """A document of ``there`` pages that says it has ``count``."""
    return pdf_of(page_objects([b""] * there)).replace(b"/Count %d" % there, b"/Count %d" % count)


def endless() -> bytes:
    """A page whose drawing takes very long: tens of thousands of finely dashed lines."""
    return pdf_of(page_objects([b"[0.05] 0 d\n" + b"0 0 m 144 108 l 0 108 l 144 0 l S\n" * 50_000]))


def bottomless() -> bytes:
    """A page that is a form, which is ten of another one, and so on: pdfium never comes to the end of reading it."""
    objects = page_objects([b"/F5 Do"], b"/Resources <</XObject <</F5 5 0 R>>>>")
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 144 108]"
    for number in range(6, 26):
        body = b"/F%d Do\n" % number * 10
        inside = b"/Resources <</XObject <</F%d %d 0 R>>>>" % (number, number)
        objects.append(b"<<%s %s /Length %d>>\nstream\n%s\nendstream" % (head, inside, len(body), body))
    objects.append(b"<<%s /Length 1>>\nstream\nn\nendstream" % head)
    return pdf_of(objects)


def encrypted(data: bytes) -> bytes:
    """``data`` with an encryption of which nobody knows the password (40-bit RC4, algorithm 2 of PDF 1.7)."""
    entry = b"/Encrypt <</Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4>> /ID [<00> <00>] " % (
        b"11" * 32,
        b"22" * 32,
    )
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R " + entry)


def page(*drawings: bytes, entries: bytes = b"", catalog: bytes = b"") -> MediaSource:
    return MediaSource("a.pdf", data=pdf_of(page_objects(drawings, entries, catalog))).page_of(1)


def drawn(source: MediaSource, height: int = 60, width: int = 80) -> DecodedImage:
    return read_image(source, max_pixels=10**6, fit=lambda count, own_height, own_width: (height, width))
