"""Tell pictures from films by their first bytes; names and extensions are not looked at."""

from __future__ import annotations

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["image", "video"]

HEAD_BYTES = 512
"""How much of a file :func:`sniff` wants to see: three packets of an MPEG transport stream are the most."""

_SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (
    # (offset, magic, kind)
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),  # JPEG
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (0, b"BM", "image"),
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
)

_PICTURE_BRANDS = frozenset((b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))


def sniff(head: bytes) -> Kind | None:
    """Return what ``head``, the first :data:`HEAD_BYTES` of a file, starts: a picture, a film, or neither."""
    if head[4:8] == b"ftyp":
        return "image" if head[8:12] in _PICTURE_BRANDS else "video"
    for offset, magic, kind in _SIGNATURES:
        if head.startswith(magic, offset) and (offset != 8 or head.startswith(b"RIFF")):
            return kind
    return "video" if _is_transport_stream(head) else None


def _is_transport_stream(head: bytes) -> bool:
    """MPEG-TS has no magic: a sync byte starts every packet of 188 bytes (m2ts puts 4 bytes before each)."""
    return head[0:377:188] == b"GGG" or head[4:389:192] == b"GGG"
