"""What a 4-bit checkpoint says about itself: where it comes from, and a digest of everything in it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glmv_cli.errors import ModelError
from glmv_cli.store.json_files import read_json

MANIFEST = "manifest.json"
FORMAT = 1
_DIGESTS = "sha256, base64"
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files``: name → digest, of a file of weights that of its header. ``tensors``: name → digest of the bytes."""

    source: str
    revision: str | None
    search: bool
    files: dict[str, str]
    tensors: dict[str, str]

    def write(self, directory: Path) -> None:
        """Into ``directory``, one entry a line."""
        content = {"format": FORMAT, "digests": _DIGESTS} | asdict(self)
        (directory / MANIFEST).write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


def read_manifest(directory: Path) -> Manifest | None:
    """None if there is none; raises :class:`ModelError` if it makes no sense."""
    path = directory / MANIFEST
    content = read_json(path, default={})
    if not content and not path.exists():
        return None
    if content.get("format") != FORMAT:
        raise ModelError(f"{path} is of another version of glmv, or damaged", "use the newest glmv")
    try:
        source, revision, search = content["source"], content["revision"], content["search"]
        files, tensors = _texts(content["files"]), _texts(content["tensors"])
        if any(not name.isprintable() or "/" in name for name in files):
            raise TypeError  # they would be read, wherever they are
    except (KeyError, TypeError):
        raise ModelError(f"{path} is damaged", "copy the checkpoint again") from None
    return Manifest(str(source), None if revision is None else str(revision), bool(search), files, tensors)


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise TypeError
    return value


def digest(content: bytes) -> str:
    """SHA-256, in base64: half as long again as the digest."""
    return _encoded(hashlib.sha256(content))


def digest_of_range(path: Path, start: int, end: int) -> str:
    """Of the bytes of a file between two offsets. Raises ``OSError``; what lies behind the file's end is left out."""
    total = hashlib.sha256()
    for piece in pieces_of(path, start, end):
        total.update(piece)
    return _encoded(total)


def pieces_of(path: Path, start: int, end: int) -> Iterator[memoryview]:
    """The bytes of a file between two offsets, a mebibyte at a time. Each piece is gone when the next one comes."""
    buffer = memoryview(bytearray(min(_BUFFER, end - start)))
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while start < end:
            count = file.readinto(buffer[: end - start])
            if not count:
                return
            start += count
            yield buffer[:count]


def _encoded(total: Any) -> str:
    return base64.b64encode(total.digest()).decode()
