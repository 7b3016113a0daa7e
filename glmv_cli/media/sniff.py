"""Tell pictures, films and documents by their first bytes; names and extensions are not looked at."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["image", "video"]
"""As what something is shown; a page of a document is a picture."""
FileKind: TypeAlias = Kind | Literal["document"]

HEAD_BYTES = 512
"""How much of a file :func:`sniff` wants to see: three packets of an MPEG transport stream are the most."""

_SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (
    # (offset, magic, kind)
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),  # JPEG
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (0, b"II*\0", "image"),  # TIFF, little endian
    (0, b"MM\0*", "image"),  # TIFF, big endian
    (0, b"II+\0", "image"),  # BigTIFF
    (0, b"MM\0+", "image"),
    (8, b"WEBP", "image"),
    (8, b"AVI ", "video"),
    (0, b"\x1a\x45\xdf\xa3", "video"),  # EBML: Matroska, WebM
    (0, b"OggS", "video"),
    (0, b"FLV\x01", "video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),  # ASF, WMV
    (0, b"\x00\x00\x01\xba", "video"),  # MPEG program stream
    # QuickTime files of before the ftyp box start with any of these boxes
    (4, b"moov", "video"),
    (4, b"mdat", "video"),
    (4, b"wide", "video"),
    (4, b"free", "video"),
    (4, b"skip", "video"),
    # Formats of which one sees less
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image"),  # JPEG 2000, and its bare codestream
    (0, b"\xff\x4f\xff\x51", "image"),
    (0, b"\0\0\1\0", "image"),  # ICO
    (0, b"\0\0\2\0", "image"),  # CUR
    (0, b"icns", "image"),
    (0, b"qoif", "image"),
    (0, b"DDS ", "image"),
    (0, b"8BPS", "image"),  # Photoshop
    (0, b"\x01\xda", "image"),  # SGI
    *((0, b"\x0a%c\x01" % version, "image") for version in (0, 2, 3, 5)),  # PCX
    (0, b"\xb1\x68\xde\x3a", "image"),  # DCX
    (0, b"\x59\xa6\x6a\x95", "image"),  # Sun raster
    (0, b"/* XPM */", "image"),
    (0, b"SIMPLE  =", "image"),  # FITS
    (0, b"DanM", "image"),  # MSP
    (0, b"LinS", "image"),
    (0, b"BLP1", "image"),
    (0, b"BLP2", "image"),
    (0, b"FTEX", "image"),
    (4, b"\x11\xaf", "image"),  # FLI
    (4, b"\x12\xaf", "image"),
    (0, b"\200\350\000\000", "image"),  # PIXAR
)

_PATTERNS = (
    # Pictures whose signature is one that texts begin with, too
    re.compile(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL),  # BMP: the length of its second header
    re.compile(rb"P[1-6][ \t\r\n]+[#\d]"),  # PBM, PGM, PPM
    re.compile(rb"#define[ \t]+\w*_width[ \t]+\d"),  # XBM
)

_BEFORE_PDF = b"\xef\xbb\xbf \t\r\n\0"
"""What careless programs put in front of it, and all readers skip."""
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_EITHER = frozenset((b"mif1", b"msf1"))
_PICTURE_BRANDS = _AVIF_BRANDS | _HEIC_BRANDS | _EITHER


def sniff(head: bytes) -> FileKind | None:
    """Return what ``head``, the first :data:`HEAD_BYTES` of a file, starts: picture, film, PDF, or nothing known."""
    if head.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
        return "document"
    if head[4:8] == b"ftyp":
        return "image" if head[8:12] in _PICTURE_BRANDS else "video"
    if any(pattern.match(head) for pattern in _PATTERNS):
        return "image"
    for offset, magic, kind in _SIGNATURES:
        if head.startswith(magic, offset) and (offset != 8 or head.startswith(b"RIFF")):
            return kind
    return "video" if is_transport_stream(head) else None


def is_heic(head: bytes) -> bool:
    """Whether the file that ``head`` starts is a picture in the container of AVIF, but not AVIF."""
    if head[4:8] != b"ftyp":
        return False
    return head[8:12] in _HEIC_BRANDS or (head[8:12] in _EITHER and b"avif" not in head[12:64])


def is_transport_stream(head: bytes) -> bool:
    """MPEG-TS has no magic: a sync byte starts every packet of 188 bytes (m2ts puts 4 bytes before each)."""
    return head[0:377:188] == b"GGG" or head[4:389:192] == b"GGG"
