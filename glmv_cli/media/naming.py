"""Arguments that are addresses, and what those are called."""

from __future__ import annotations

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
