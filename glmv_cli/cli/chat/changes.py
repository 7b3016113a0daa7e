"""What ``/set`` changes: settings that matter while one talks, and how the next token is chosen."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from glmv_cli.cli.chat.texts import parse_texts, written_texts
from glmv_cli.config import KINDS, Kind, Settings, whole_number
from glmv_cli.errors import UsageError
from glmv_cli.messages import SamplingOptions


def _between(allowed: str, least: float, most: float) -> Kind:
    return Kind(allowed, lambda value: isinstance(value, (int, float)) and least <= value <= most, float)


_DEFAULT = "default"
_SMALLEST = math.ulp(0.0)
"""The smallest number above 0."""
_SETTINGS = (
    "think",
    "show_thinking",
    "render",
    "max_pixels",
    "min_image_tokens",
    "max_image_tokens",
    "fps",
    "max_frames",
    "max_video_tokens",
    "animated",
    "preview",
)
_SAMPLING: Mapping[str, Kind] = {
    "max_tokens": KINDS["max_tokens"],
    "temperature": KINDS["temperature"],
    "top_k": whole_number(0),
    "top_p": _between("a number above 0, 1 at most", _SMALLEST, 1),
    "min_p": _between("a number from 0 to 1", 0, 1),
    "repetition_penalty": _between("a number above 0", _SMALLEST, sys.float_info.max),
    "seed": Kind("a whole number, below 2^64", lambda value: isinstance(value, int) and 0 <= value < 2**64, int),
    "think_budget": whole_number(0),
    "stop": Kind("a text, or several in quotes", lambda value: isinstance(value, tuple) and all(value), parse_texts),
}
NAMES = (*_SAMPLING, *_SETTINGS)
"""All that can be set."""


def change(settings: Settings, sampling: SamplingOptions, name: str, text: str) -> tuple[Settings, SamplingOptions]:
    """Both, with another value; the word ``default`` stands for what holds without any.

    Raises :class:`UsageError` for a name or value that cannot be.
    """
    name = name.replace("-", "_")
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        raise UsageError(
            f"'{name}' cannot be set here", f"did you mean '{near[0]}'?" if near else f"these can: {', '.join(NAMES)}"
        )
    kind = _kind(name)
    value = _default(name) if text == _DEFAULT else _parsed(kind, text)
    if value is _WRONG:
        raise UsageError(f"{name} must be {kind.allowed}, not '{text}'", f"or 'default': /set {name} default")
    if name in _SAMPLING:
        return settings, replace(sampling, **{name: value})
    return replace(settings, **{name: value}), sampling


def choices(name: str) -> tuple[str, ...]:
    """Words that the value of ``name`` may be; nothing for a name that cannot be set."""
    return (*_kind(name).words, _DEFAULT) if name in NAMES else ()


def values(settings: Settings, sampling: SamplingOptions) -> dict[str, str]:
    """All that can be set, as people write it."""
    return {name: _written(getattr(sampling if name in _SAMPLING else settings, name)) for name in NAMES}


_WRONG = object()


def _kind(name: str) -> Kind:
    return _SAMPLING.get(name) or KINDS[name]


def _default(name: str) -> Any:
    table = SamplingOptions if name in _SAMPLING else Settings
    return next(field.default for field in fields(table) if field.name == name)


def _parsed(kind: Kind, text: str) -> Any:
    try:
        value = kind.parse(text)
    except (ValueError, KeyError):
        return _WRONG
    return value if kind.accepts(value) else _WRONG


def _written(value: object) -> str:
    if value is None or value == ():
        return _DEFAULT
    if isinstance(value, tuple):
        return written_texts(value)
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
