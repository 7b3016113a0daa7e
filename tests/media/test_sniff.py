"""Kinds of media are told by content."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from glmv_cli.media.sniff import HEAD_BYTES, sniff


@pytest.mark.parametrize(
    "format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO", "QOI", "SGI", "PCX"]
)
def test_pictures_that_pillow_writes_are_pictures(format: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, format)
    assert sniff(file.getvalue()[:HEAD_BYTES]) == "image"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "image"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isom", "video"),
        (b"\0\0\0\x14ftypqt  ", "video"),
        (b"\0\0\x01\0mdat", "video"),
        (b"\x1a\x45\xdf\xa3\x01", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
        (b"OggS\0", "video"),
        ((b"G" + bytes(187)) * 3, "video"),
        ((bytes(4) + b"G" + bytes(187)) * 3, "video"),
    ],
)
def test_containers_are_known_by_their_signatures(head: bytes, kind: str) -> None:
    assert sniff(head[:HEAD_BYTES]) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x89PN",
        b"hello, world\n" * 40,
        b"G" + b"o" * 500,
        b"PK\3\4 zip",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"12345678WEBP",
        b"BMW is a maker of cars, and of motorcycles",
        b"P4 and P5 are processors",
        b"#define ANSWER 42\nint main(void) { return ANSWER; }\n",
        b"#EXTM3U\nhttp://example.org/film.ts\n",
        b"about %PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_other_content_is_neither(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n ", b"\0"])
def test_a_pdf_is_a_document(before: bytes) -> None:
    assert sniff(before + b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n") == "document"


@pytest.mark.parametrize(("format", "mode"), [("PPM", "1"), ("PPM", "L"), ("XBM", "1"), ("BMP", "P")])
def test_pictures_of_few_colours_are_pictures(format: str, mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (8, 8)).save(file, format)
    assert sniff(file.getvalue()[:HEAD_BYTES]) == "image"
