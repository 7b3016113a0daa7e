"""From a command-line argument to everything that it stands for: a picture or film, or the pages of a document."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.document import check_pages, pages_of
from glmv_cli.media.limits import FindLimits
from glmv_cli.media.naming import as_argument
from glmv_cli.media.pages import PageChoice, split_pages
from glmv_cli.media.sniff import HEAD_BYTES, sniff
from glmv_cli.media.source import cannot_open, open_source
from glmv_cli.messages import MediaSource

_NAMED = 3
"""Of the files that are left out, so many are named."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an argument stands for, in order, at least one; ``notice`` tells what was left out."""

    sources: tuple[MediaSource, ...]
    notice: str | None = None


def find_media(argument: str, stdin: BinaryIO, limits: FindLimits) -> Found:
    """A file, an address, or ``-``: a picture, a film, or all pages of a PDF or TIFF, or those named behind ``#``.

    A directory is a document, too: the pages of its pictures, sorted as people count.

    Raises:
        InputNotFoundError: there is no such thing, or it cannot be read.
        MediaError: it is empty, a damaged document, or lacks pages that were asked for, or that it claims to have.
        UsageError: what stands behind ``#`` says no pages.
    """
    whole, choice = split_pages(argument)
    if os.path.isdir(whole):
        return _directory(whole, choice, limits.max_pages)
    source = open_source(whole, stdin, limits.fetch)
    pages = pages_of(source)
    if pages is not None:
        spans = _spans(source.name, len(pages), choice, limits.max_pages)
        check_pages(source, chain.from_iterable(spans))
        return Found(_at(pages, spans), _beyond(source.name, len(pages), choice, limits.max_pages))
    if choice is not None:
        raise MediaError(f"{source.name} has no pages", f"leave out '#{choice.written}': PDF and TIFF files have")
    return Found((source,))


def _spans(name: str, count: int, choice: PageChoice | None, most: int) -> list[range]:
    """The pages that were asked for, however many; without a choice the first ones."""
    return [range(1, min(count, most) + 1)] if choice is None else choice.of(name, count)


def _at(pages: Sequence[MediaSource], spans: Sequence[range]) -> tuple[MediaSource, ...]:
    return tuple(pages[number - 1] for number in chain.from_iterable(spans))


def _beyond(name: str, count: int, choice: PageChoice | None, most: int) -> str | None:
    """What is told of a document that is too long to be shown unless its pages are named."""
    if choice is not None or count <= most:
        return None
    argument = as_argument(name)
    return (
        f"{name} has {count} pages, of which the first {most} are shown: {argument}#{most + 1}-{min(2 * most, count)} "
        f"names the next ones, {argument}#1- all; the setting max_pages changes how many it may be"
    )


def _directory(name: str, choice: PageChoice | None, most: int) -> Found:
    pages: list[MediaSource] = []
    others: list[str] = []
    try:
        entries = sorted((entry for entry in os.scandir(name) if not entry.name.startswith(".")), key=_as_counted)
        for entry in entries:
            if _is_picture(entry):
                source = MediaSource(os.path.join(name, entry.name), path=Path(entry.path))
                pages += pages_of(source) or (source,)
            else:
                others.append(entry.name)
    except OSError as error:
        raise cannot_open(name, error) from error
    if not pages:
        raise InputNotFoundError(
            f"{name} is a directory without pictures",
            "name the files in it, or one that holds pages; 'glmv describe --batch' goes into directories",
        )
    shown = _at(pages, _spans(name, len(pages), choice, most))
    notes = [_beyond(name, len(pages), choice, most), _left_out(name, others)]
    return Found(shown, "; ".join(note for note in notes if note is not None) or None)


def _is_picture(entry: os.DirEntry[str]) -> bool:
    """Also what cannot be read: that shall be told. Pipes and devices are not opened."""
    if not entry.is_file():
        return False
    try:
        with open(entry.path, "rb") as file:
            return sniff(file.read(HEAD_BYTES)) == "image"
    except OSError:
        return True


def _as_counted(entry: os.DirEntry[str]) -> list[int | str]:
    """Page 10 comes after page 9. Every second part of a name is a number."""
    parts = re.split(r"(\d+)", entry.name.casefold(), flags=re.ASCII)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]


def _left_out(name: str, others: Sequence[str]) -> str | None:
    if not others:
        return None
    named = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
    return f"what is no picture in {name} is left out: {named}"
