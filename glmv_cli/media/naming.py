"""What media are called in messages; arguments that are addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glmv_cli.errors import MediaError
from glmv_cli.messages import MediaSource

_SCHEMES = ("http", "https", "file")
_SHOWN = 80
"""Characters of an address that stand in messages; those of ``data:`` may be megabytes."""


def is_address(argument: str) -> bool:
    """Whether ``argument`` is an address rather than the name of a file."""
    scheme, _, rest = argument.partition(":")
    return argument[:5].lower() == "data:" or (scheme.lower() in _SCHEMES and rest.startswith("//"))


def shown_name(argument: str) -> str:
    """What a media argument is called in messages: as it was written, but for long addresses."""
    if not is_address(argument) or len(argument) <= _SHOWN:
        return argument
    return argument[: _SHOWN - 1] + "…"


@contextmanager
def naming(source: MediaSource) -> Iterator[None]:
    """Errors from inside say of which picture or film they speak."""
    try:
        yield
    except MediaError as error:
        if source.name in error.message:
            raise
        raise MediaError(f"{source.name}: {error.message}", error.hint) from error
