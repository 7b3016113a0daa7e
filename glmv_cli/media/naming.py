"""What media are called in messages; arguments that are addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from glmv_cli.errors import MediaError
from glmv_cli.messages import MediaSource

STDIN = "-"
"""The argument that stands for standard input."""
STANDARD_INPUT = "standard input"
"""What that is called in messages."""

_SCHEMES = ("http", "https", "file")
_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@")
"""User name and password, in front of a host."""
_SHOWN = 80
"""Characters of an address that stand in messages; those of ``data:`` may be megabytes."""


def is_stdin(argument: str) -> bool:
    """Whether ``argument`` stands for standard input, or for pages of it; a file of that very name wins."""
    return argument == STDIN or (argument.startswith(f"{STDIN}#") and not os.path.lexists(argument))


def is_address(argument: str) -> bool:
    """Whether ``argument`` is an address rather than the name of a file."""
    scheme, _, rest = argument.partition(":")
    return argument[:5].lower() == "data:" or (scheme.lower() in _SCHEMES and rest.startswith("//"))


def shown_name(argument: str) -> str:
    """What a media argument is called in messages and kept as: as it was written, but for long addresses, and for the
    name and password that one may hold.
    """
    if not is_address(argument):
        return argument
    if argument[:5].lower() != "data:":
        argument = _CREDENTIALS.sub("", argument, count=1)
    return argument if len(argument) <= _SHOWN else argument[: _SHOWN - 1] + "…"


def display_name(argument: str) -> str:
    """What a media argument is called, whether or not it can be opened; ``-#3`` is ``standard input#3``."""
    return STANDARD_INPUT + argument.removeprefix(STDIN) if is_stdin(argument) else shown_name(argument)


def as_argument(name: str) -> str:
    """What is written on the command line for what messages call ``name``."""
    return STDIN if name == STANDARD_INPUT else name


@contextmanager
def naming(source: MediaSource) -> Iterator[None]:
    """Errors from inside say of which picture or film they speak."""
    try:
        yield
    except MediaError as error:
        if source.name in error.message:
            raise
        raise MediaError(f"{source.name}: {error.message}", error.hint) from error
