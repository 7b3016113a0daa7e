"""What is kept of the pictures and films that were shown: where they are, and a digest of what they were."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from glmv_cli.errors import GlmvError
from glmv_cli.media.digest import digest_of
from glmv_cli.media.kind import kind_of
from glmv_cli.messages import Data, MediaSource
from glmv_cli.store.history.records import Medium

_AT_ONCE = 4 << 20
"""Bytes that are hashed while one waits: a few milliseconds."""
_File = tuple[Path | None, Data | None]


def mediums_of(sources: Sequence[MediaSource]) -> tuple[Medium, ...]:
    """What is kept of ``sources``; a large one has no digest yet. A document is read once for all of its pages."""
    files: dict[_File, Medium] = {}
    for source in sources:
        if _file(source) not in files:
            files[_file(source)] = _medium_of(source)
    return tuple(replace(files[_file(source)], name=source.name, page=source.page) for source in sources)


def _file(source: MediaSource) -> _File:
    return source.path, source.data


def _medium_of(source: MediaSource) -> Medium:
    size = _size(source)
    path = None if source.path is None else Path(os.path.abspath(source.path))
    medium = Medium(source.name, path, _kind(source), size)
    return replace(medium, sha256=_digest(source)) if size is not None and size <= _AT_ONCE else medium


def digest_later(history: Path, exchange: int, media: Mapping[Medium, MediaSource]) -> None:
    """Hash those without a digest beside what this process does, and write it down. If the process ends first, they
    have none.
    """
    without = {medium: source for medium, source in media.items() if medium.sha256 is None}
    if without:
        threading.Thread(target=_digest_all, args=(history, exchange, without), daemon=True).start()


def _digest_all(history: Path, exchange: int, media: Mapping[Medium, MediaSource]) -> None:
    from glmv_cli.store.history.writing import write_digest

    digests: dict[_File, str | None] = {}
    for medium, source in media.items():
        if _file(source) not in digests:
            digests[_file(source)] = _digest(source)
        digest = digests[_file(source)]
        if digest is not None:
            with suppress(GlmvError):  # who writes the answer tells what is wrong with the file
                write_digest(history, exchange, medium, digest)


def _digest(source: MediaSource) -> str | None:
    try:
        return digest_of(source)
    except (GlmvError, OSError):
        return None


def _size(source: MediaSource) -> int | None:
    if source.path is None:
        return len(source.data or b"")
    try:
        return source.path.stat().st_size
    except OSError:
        return None


def _kind(source: MediaSource) -> str:
    try:
        return kind_of(source)
    except GlmvError:
        return "unknown"
