"""From a command-line argument to a ``MediaSource``, and from there to bytes."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from glmv_cli.errors import InputNotFoundError, MediaError
from glmv_cli.media.limits import FetchLimits
from glmv_cli.media.naming import STANDARD_INPUT, STDIN, is_address
from glmv_cli.media.spool import reader, spool
from glmv_cli.messages import Data, MediaSource

_FETCH = FetchLimits()


def open_source(argument: str, stdin: BinaryIO, limits: FetchLimits = _FETCH) -> MediaSource:
    """Find the file that ``argument`` names: a path, an address, or ``-`` for everything on ``stdin``.

    Pipes cannot be read twice, so standard input and named pipes are read whole, here, and so is the web.

    Raises:
        InputNotFoundError: no name, no such file, a directory or device, not allowed to read it, or nobody answers.
        MediaError: there is not a single byte, more than 8 GiB come through a pipe, or what is fetched is too large,
            too slow or cut off.
        UsageError: a ``file:`` address of another machine.
    """
    if argument == STDIN:
        return _from_bytes(STANDARD_INPUT, spool(stdin, STANDARD_INPUT))
    if not argument:
        raise InputNotFoundError("the name of a picture or film is empty", hint="check the variable that it comes from")
    path = Path(argument)
    if is_address(argument):
        from glmv_cli.media.address import fetch, path_of  # and with it much of the standard library

        local = path_of(argument)
        if local is None:
            return fetch(argument, limits)
        path = local
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputNotFoundError(
                f"{argument} is a directory",
                hint="name the files in it, for example folder/*.png",
            )
        if stat.S_ISFIFO(status.st_mode):
            with path.open("rb") as pipe:
                return _from_bytes(argument, spool(pipe, argument))
        if not stat.S_ISREG(status.st_mode):
            raise InputNotFoundError(f"{argument} is not a regular file", hint="name a file, or - for standard input")
        with path.open("rb"):  # proves, before anything slow starts, that it may be read
            pass
    except (OSError, ValueError) as error:
        raise cannot_open(argument, error) from error
    if status.st_size == 0:
        raise _empty(argument)
    return MediaSource(argument, path=path)


def open_bytes(source: MediaSource) -> BinaryIO:
    """Open ``source`` for reading from its start. Raises ``InputNotFoundError`` if the file is gone now."""
    if source.path is None:
        return reader(source.data or b"")
    try:
        return source.path.open("rb")
    except (OSError, ValueError) as error:
        raise cannot_open(source.name, error) from error


def _from_bytes(name: str, data: Data) -> MediaSource:
    if not data:
        raise _empty(name)
    return MediaSource(name, data=data)


def _empty(name: str) -> MediaError:
    return MediaError(f"{name} is empty", hint="check the program or download that should have filled it")


def cannot_open(name: str, error: OSError | ValueError) -> InputNotFoundError:
    """Put what the operating system says about the file ``name`` into our words."""
    if isinstance(error, ValueError):  # a zero byte or half a character, which a saved conversation may hold
        return InputNotFoundError(f"{name!r} cannot be the name of a file", hint="check where it comes from")
    if isinstance(error, FileNotFoundError):
        hint = "check the spelling and the folder; - stands for standard input"
        return InputNotFoundError(f"{name} does not exist", hint=hint)
    if isinstance(error, PermissionError):
        return InputNotFoundError(f"{name} may not be read: permission denied", hint="check the file's permissions")
    reason = (error.strerror or str(error)).lower()
    return InputNotFoundError(f"{name} cannot be opened: {reason}", hint="check the name and the drive it is on")
