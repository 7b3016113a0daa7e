"""From a command-line argument to everything that it stands for: a picture or film, or the pages of a document."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.document import pages_of
from glmv_cli.media.limits import FindLimits
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
        MediaError: it is empty, a damaged document, or lacks pages that were asked for.
        UsageError: what stands behind ``#`` says no pages.
    """
    whole, choice = split_pages(argument)
    if os.path.isdir(whole):
        return _directory(whole, choice, limits.max_pages)
    source = open_source(whole, stdin, limits.fetch)
    pages = pages_of(source)
    if pages is not None:
        return _chosen(source.name, pages, choice, limits.max_pages)
    if choice is not None:
        raise MediaError(f"{source.name} has no pages", f"leave out '#{choice.written}': PDF and TIFF files have")
    return Found((source,))


def _chosen(name: str, pages: Sequence[MediaSource], choice: PageChoice | None, most: int) -> Found:
    """Those that were asked for, however many; without a choice the first ones."""
    count = len(pages)
    if choice is not None:
        return Found(tuple(pages[number - 1] for number in choice.of(name, count)))
    if count <= most:
        return Found(tuple(pages))
    following = f"{name}#{most + 1}-{min(2 * most, count)}"
    notice = (
        f"{name} has {count} pages, of which the first {most} are shown: {following} names the next ones, "
        f"{name}#1- all; the setting max_pages changes how many it may be"
    )
    return Found(tuple(pages[:most]), notice)


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
    found = _chosen(name, pages, choice, most)
    notes = [note for note in (found.notice, _left_out(name, others)) if note is not None]
    return replace(found, notice="; ".join(notes) or None)


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
