"""The whole inputs that are damaged: small files of the corpus, and words."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from pathlib import Path

from PIL import ExifTags, Image, ImageCms

from tools.corpus.icc import PROFILES
from tools.corpus.make import MANIFEST

_LARGEST = 48 * 1024
"""Bytes of a seed: in larger files most damage hits pixels."""


def read_seeds(corpus: Path) -> dict[str, list[bytes]]:
    """By kind: what ``corpus`` has, and others that are made here."""
    seeds: dict[str, list[bytes]] = {kind: [] for kind in ("picture", "animation", "document", "film")}
    for entry in json.loads((corpus / MANIFEST).read_text())["files"]:
        if int(entry["bytes"]) <= _LARGEST:
            seeds[entry["kind"]].append((corpus / entry["name"]).read_bytes())
    seeds["profile"] = [profile.encoded() for profile in PROFILES.values()]
    seeds["profile"] += [
        ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes() for name in ("sRGB", "LAB", "XYZ")
    ]
    seeds["exif"] = [_exif(orientation) for orientation in (1, 6, 8)]
    seeds["pages"] = [f"report.pdf#{pages}".encode() for pages in ("3", "3-7", "5-", "-3", "1,4-6", "page=3")]
    seeds["address"] = [text.encode() for text in _addresses()]
    return seeds


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "maker"
    exif[ExifTags.Base.XResolution] = 72.0
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:01:01 00:00:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (1.0, 2.0, 3.0)
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _addresses() -> list[str]:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    inline = b64encode(file.getvalue()).decode()
    return [
        "picture.png",
        "folder/film.mp4",
        "-",
        "https://example.org/a/picture.png?size=large#part",
        "http://user:secret@example.org:8080/%41%20b",
        "http://[::1]:80/x",
        "https://bücher.example/ä ö",
        "file:///home/person/picture.png",
        "file://localhost/tmp/%70icture.png",
        f"data:image/png;base64,{inline}",
        "data:,hello%20world",
        "data:image/png;charset=utf-8;base64,QUJD",
    ]
