"""From files, directories and patterns to the files of a batch."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from glmv_cli.media.sniff import HEAD_BYTES, sniff


def batch_inputs(arguments: Sequence[str]) -> list[str]:
    """Every input once: arguments in their order, what is in a directory or matches a pattern sorted by name.

    Of a directory, pictures and films, by their content, with those of its directories; hidden ones are left out. What
    is named itself is always there, and so is a pattern that matches nothing: opening it will tell what is wrong.
    """
    return list(dict.fromkeys(name for argument in arguments for name in _expanded(argument)))


def _expanded(argument: str) -> Iterator[str]:
    if os.path.isdir(argument):
        yield from _media_in(argument)
    elif os.path.lexists(argument) or not glob.has_magic(argument):
        yield argument
    else:
        matches = sorted(glob.glob(argument, recursive=True)) or [argument]
        for match in matches:
            # `**` matches directories too, whose files it matches by themselves.
            if not os.path.isdir(match):
                yield match
            elif not argument.endswith("**"):
                yield from _media_in(match)


def _media_in(directory: str) -> Iterator[str]:
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not name.startswith(".") and _may_be_media(path):
                yield path


def _may_be_media(path: str) -> bool:
    """Also what cannot be read: that shall be told. Pipes and devices are not opened."""
    if not os.path.isfile(path):
        return False
    try:
        with Path(path).open("rb") as file:
            return sniff(file.read(HEAD_BYTES)) is not None
    except OSError:
        return True
