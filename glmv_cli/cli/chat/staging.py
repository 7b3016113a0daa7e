"""Pictures and films that wait for the next question."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glmv_cli.cli.failures import reading
from glmv_cli.errors import GlmvError, MediaError
from glmv_cli.media.find import find_media
from glmv_cli.media.kind import kind_of
from glmv_cli.media.limits import FindLimits
from glmv_cli.media.sniff import Kind
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.render.sanitize import visible_line
from glmv_cli.units import format_count

if TYPE_CHECKING:
    from glmv_cli.prompt.estimate import Estimate

_AS_TRAINED = SeeingOptions()
_MOST_LINES = 8


@dataclass(slots=True)
class Staged:
    """One that waits. ``estimate`` comes later: it needs the libraries of the model."""

    source: MediaSource
    kind: Kind
    estimate: Estimate | None = None

    def estimate_with(self, directory: Path, max_pixels: int, seeing: SeeingOptions = _AS_TRAINED) -> None:
        """Find out how large it is; where that fails, asking will tell why."""
        from glmv_cli.prompt.estimate import estimate  # torch

        try:
            self.estimate = estimate(self.source, directory, max_pixels, seeing)
        except (GlmvError, OSError):
            self.estimate = None


def stage(path: str, limits: FindLimits, kind: Kind | None = None) -> tuple[list[Staged], str | None]:
    """The file at ``path``, or its pages, and a line about those that were left out.

    Raises :class:`GlmvError` if it cannot be opened, or is no picture or film, or not a ``kind``.
    """
    with reading():
        found = find_media(path, io.BytesIO(), limits)
        return [_staged(source, kind) for source in found.sources], found.notice


def stage_bytes(name: str, data: bytes) -> Staged:
    """A picture that is no file."""
    return _staged(MediaSource(name, data=data), None)


def _staged(source: MediaSource, kind: Kind | None) -> Staged:
    found = kind_of(source)
    if kind is not None and found != kind:
        other = "a film" if found == "video" else "a picture"
        raise MediaError(f"{source.name} is {other}", f"use /{found}")
    return Staged(source, found)


def chips(staged: Sequence[Staged]) -> list[str]:
    """A line for each: ``[image 1: cat.png 1024×768 ≈ 312 tokens]``."""
    return [_chip(number, item) for number, item in enumerate(staged, 1)]


def brief(lines: Sequence[str]) -> list[str]:
    """``lines`` without those in the middle, if they are too many to stand above a prompt."""
    if len(lines) <= _MOST_LINES:
        return list(lines)
    head, tail = _MOST_LINES - 3, 2
    return [*lines[:head], f"[… {len(lines) - head - tail} more]", *lines[-tail:]]


def _chip(number: int, item: Staged) -> str:
    name = visible_line(Path(item.source.name).name)
    facts = ""
    if item.estimate is not None:
        known = item.estimate
        length = "" if known.seconds is None else f" {known.seconds:.1f} s"
        facts = f" {known.width}×{known.height}{length} ≈ {format_count(known.tokens)} tokens"
    return f"[{item.kind} {number}: {name}{facts}]"
