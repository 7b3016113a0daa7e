"""What was found: the input as a file, and beside it how it fails."""

from __future__ import annotations

import hashlib
from pathlib import Path


def keep(directory: Path, kind: str, target: str, data: bytes, text: str, place: str) -> Path | None:
    """Save ``data`` and what it did, once for each ``place``; returns where, or ``None`` if that is known."""
    digest = hashlib.sha256(f"{kind} {target} {place}".encode()).hexdigest()[:10]
    path = directory / f"{kind}-{target}-{digest}.bin"
    if path.exists():
        return None
    directory.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(text, errors="backslashreplace")
    return path
