"""What may come on standard input: whether anybody sends something, and whether it is text, a picture or a film."""

from __future__ import annotations

import codecs
import io
import os
import select
import stat
from typing import BinaryIO

from glmv_cli.cli.failures import reading
from glmv_cli.errors import MediaError
from glmv_cli.media.naming import STANDARD_INPUT
from glmv_cli.media.sniff import HEAD_BYTES, sniff
from glmv_cli.media.spool import spool
from glmv_cli.messages import Data
from glmv_cli.render.errors import write_note
from glmv_cli.render.output import Output

_PATIENCE = 3.0
"""Seconds without a byte after which a user is told what is waited for."""


def is_redirected(stdin: BinaryIO) -> bool:
    """Whether ``stdin`` is a pipe, a socket or a file: no terminal, and no device such as ``/dev/null``."""
    descriptor = _descriptor(stdin)
    if descriptor is None:
        return not stdin.isatty()
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def has_bytes(stdin: BinaryIO) -> bool:
    """Whether there is something to read at once; nothing is read."""
    descriptor = _descriptor(stdin)
    if descriptor is None or not is_redirected(stdin):
        return False
    import array
    import fcntl
    import termios

    waiting = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    except OSError:
        return False
    return waiting[0] > 0


def read_all(stdin: BinaryIO, output: Output) -> Data:
    """Everything on ``stdin``. If for a while nothing comes, a note tells what is waited for, and how not to."""
    with reading():
        descriptor = _descriptor(stdin)
        if descriptor is not None and not stdin.isatty() and not select.select([descriptor], [], [], _PATIENCE)[0]:
            write_note(output, "waiting for standard input; with '< /dev/null' there is none")
        return spool(stdin, STANDARD_INPUT)


def as_text(data: Data) -> str | None:
    """The text that ``data`` is, without newlines at its end; None: it is a picture, a film or a PDF.

    Text is what has no zero byte and is UTF-8, or not a known kind of file. Raises :class:`MediaError` for
    anything else.
    """
    head = data[:HEAD_BYTES]
    kind = sniff(head)
    if kind == "document":  # its first bytes may well be letters
        return None
    if b"\0" not in head and (kind is None or _is_utf8(head)):
        return bytes(data).decode("utf-8", "replace").rstrip("\r\n")
    if kind is None:
        raise MediaError(
            "standard input is neither text nor a picture nor a film, by its content",
            hint="convert it to text, or to a picture such as PNG",
        )
    return None


def _is_utf8(head: bytes) -> bool:
    """The end of ``head`` may cut a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _descriptor(stdin: BinaryIO) -> int | None:
    """None: bytes of this process, which no other one sends."""
    try:
        return stdin.fileno()
    except io.UnsupportedOperation:
        return None
