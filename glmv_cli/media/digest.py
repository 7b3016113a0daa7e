"""What a picture or film is known by, wherever it lies."""

from __future__ import annotations

import hashlib

from glmv_cli.media.source import open_bytes
from glmv_cli.messages import MediaSource

_CHUNK = 1 << 20


def digest_of(source: MediaSource) -> str:
    """SHA-256 of its bytes, in hexadecimal. Raises :class:`GlmvError` or ``OSError`` if they cannot be read."""
    total = hashlib.sha256()
    with open_bytes(source) as file:
        while chunk := file.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()
