"""The settings: what each is called, what it may be, its default, and which of several values counts.

A setting is one line of :class:`Settings`. Its name is the key in ``config.toml``, ``GLMV_`` and the name in capitals
its environment variable. An option of the command line wins over the variable, that over the file, that over the
default.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from glmv_cli.errors import UsageError
from glmv_cli.units import MIB, parse_bytes, parse_count

ShowThinking = Literal["auto", "full", "collapsed", "none"]
"""How thinking is shown: ``collapsed`` to one line; ``auto`` does so where stderr is a terminal."""
Render = Literal["live", "blocks", "plain"]
"""How an answer is shown on a terminal: Markdown while it grows, its finished blocks only, or its bare text."""

Preview = Literal["auto", "kitty", "iterm", "sixel", "cells", "off"]
"""How pictures that wait are shown: by the protocol of a terminal, or of half characters; ``auto``: what it can do."""

Keys = Literal["emacs", "vi"]
"""Which editor's keys edit a line."""

_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting may be."""

    allowed: str
    """In words, after "must be"."""
    accepts: Callable[[object], bool]
    """Whether a value, as TOML has it, is allowed."""
    parse: Callable[[str], object]
    """The value that an environment variable's text stands for; raises ``ValueError`` or ``KeyError``."""
    parses_file: bool = False
    """Whether a text in the file is parsed too: 20GiB is no number to TOML."""
    words: tuple[str, ...] = ()
    """What can be typed, if that are a few words."""


def whole_number(least: int) -> Kind:
    """An integer, ``least`` or more."""
    return Kind(f"a whole number, {least} or more", lambda value: type(value) is int and value >= least, int)


def number(least: float) -> Kind:
    """A finite number, ``least`` or more."""

    def accepts(value: object) -> bool:
        return type(value) in (int, float) and math.isfinite(value) and value >= least  # type: ignore[arg-type,operator]

    return Kind(f"a number, {least:g} or more", accepts, float)


def above_zero() -> Kind:
    """A finite number that is more than zero."""

    def accepts(value: object) -> bool:
        return type(value) in (int, float) and math.isfinite(value) and value > 0  # type: ignore[arg-type,operator]

    return Kind("a number above 0", accepts, float)


def one_of(*names: str) -> Kind:
    """One of a few words."""
    words = ", ".join(f'"{name}"' for name in names[:-1]) + f' or "{names[-1]}"'
    return Kind(words, lambda value: value in names, str, words=names)


def quantity(allowed: str, least: int, parse: Callable[[str], int]) -> Kind:
    """A whole number that may be written with a unit."""
    return Kind(allowed, whole_number(least).accepts, parse, parses_file=True)


TEXT = Kind("a text in quotes that is not empty", lambda value: isinstance(value, str) and value.strip() != "", str)
FLAG = Kind(
    "true or false",
    lambda value: isinstance(value, bool),
    lambda text: _FLAGS[text.lower()],
    words=("on", "off"),
)
SIZE = Kind(
    'a size such as "20GiB", or a number of bytes, a million or more',
    lambda value: type(value) is int and (value == 0 or value >= MIB),  # 24 is meant to be 24 GiB, not 24 bytes
    parse_bytes,
    parses_file=True,
)
COUNT = quantity('a number such as 32768 or "32k"', 1, parse_count)


@dataclass(frozen=True, slots=True)
class Settings:
    """The table of settings, and one value for each."""

    model: str | None = field(default=None, metadata={"kind": TEXT})
    think: bool = field(default=True, metadata={"kind": FLAG})
    show_thinking: ShowThinking = field(default="auto", metadata={"kind": one_of("auto", "full", "collapsed", "none")})
    # None: the best that the terminal can do.
    render: Render | None = field(default=None, metadata={"kind": one_of("live", "blocks", "plain")})
    max_tokens: int = field(default=2048, metadata={"kind": whole_number(1)})
    # None: what the checkpoint's generation_config.json says.
    temperature: float | None = field(default=None, metadata={"kind": number(0)})
    # More than common cameras take (300 MB as RGB), and far below what a crafted header can claim.
    max_pixels: int = field(default=100_000_000, metadata={"kind": whole_number(1)})
    # None: what the checkpoint's preprocessor_config.json says.
    min_image_tokens: int | None = field(default=None, metadata={"kind": whole_number(1)})
    max_image_tokens: int | None = field(default=None, metadata={"kind": whole_number(1)})
    # None: what the model's own rule takes of a film.
    fps: float | None = field(default=None, metadata={"kind": above_zero()})
    max_frames: int | None = field(default=None, metadata={"kind": whole_number(1)})
    max_video_tokens: int | None = field(default=None, metadata={"kind": whole_number(1)})
    # Of a document or directory of which none are named.
    max_pages: int = field(default=50, metadata={"kind": whole_number(1)})
    # For drawing one page of a PDF.
    page_seconds: float = field(default=60.0, metadata={"kind": above_zero()})
    animated: Literal["film", "first"] = field(default="film", metadata={"kind": one_of("film", "first")})
    # None: what is free.
    gpu_memory: int | None = field(default=None, metadata={"kind": SIZE})
    cpu_memory: int | None = field(default=None, metadata={"kind": SIZE})
    # None: what the planner takes.
    context: int | None = field(default=None, metadata={"kind": COUNT})
    # None: what suits the processors.
    threads: int | None = field(default=None, metadata={"kind": whole_number(1)})
    pin: bool = field(default=False, metadata={"kind": FLAG})
    # None: what readline is told in ~/.inputrc.
    keys: Keys | None = field(default=None, metadata={"kind": one_of("emacs", "vi")})
    preview: Preview = field(default="auto", metadata={"kind": one_of(*get_args(Preview))})
    history: bool = field(default=True, metadata={"kind": FLAG})
    # What an address may cost: its size, the seconds all in all and without a single byte, and how often it leads on.
    fetch_size: int = field(default=512 * MIB, metadata={"kind": SIZE})
    fetch_seconds: float = field(default=300.0, metadata={"kind": number(0)})
    fetch_stall_seconds: float = field(default=20.0, metadata={"kind": number(0)})
    fetch_redirects: int = field(default=5, metadata={"kind": whole_number(0)})


DEFAULTS = Settings()
KINDS: dict[str, Kind] = {setting.name: setting.metadata["kind"] for setting in fields(Settings)}


@dataclass(frozen=True, slots=True)
class Settled:
    """The values that count. ``origins``: by name, which variable or file set it; nothing for options and defaults."""

    settings: Settings
    origins: dict[str, str]


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return f"GLMV_{name.upper()}"


def settle(given: Mapping[str, object], environ: Mapping[str, str], file: Mapping[str, object], path: str) -> Settled:
    """Pick the value of every setting: from the command line (``given``; ``None`` is nothing), the environment, and
    ``file``, what the configuration file at ``path`` holds.

    An empty variable counts as none. Raises :class:`UsageError` for anything in ``file`` that is not a setting or
    not allowed, and for a variable that is not allowed, unless an option overrides it.
    """
    file = {name: _read(name, value, path) for name, value in file.items()}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in KINDS:
        variable = variable_of(name)
        if given.get(name) is not None:
            values[name] = given[name]
        elif environ.get(variable):
            values[name] = _parse(name, variable, environ[variable])
            origins[name] = variable
        elif name in file:
            values[name] = file[name]
            origins[name] = path
    return Settled(Settings(**values), origins)


def _read(name: str, value: object, path: str) -> object:
    """The value of a setting in the file at ``path``."""
    if name not in KINDS:
        near = difflib.get_close_matches(name.replace("-", "_").lower(), KINDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the settings are {', '.join(KINDS)}"
        raise UsageError(f"{path}: there is no setting '{name}'", hint)
    kind = KINDS[name]
    read = _parsed(kind, value) if kind.parses_file and isinstance(value, str) else value
    if not kind.accepts(read):
        raise UsageError(f"{path}: {name} must be {kind.allowed}, not {_written(value)}", "correct the file")
    return read


def _parse(name: str, variable: str, text: str) -> object:
    kind = KINDS[name]
    value = _parsed(kind, text)
    if not kind.accepts(value):
        raise UsageError(f"{variable} must be {kind.allowed}, not '{text}'", f"correct it, or 'unset {variable}'")
    return value


def _parsed(kind: Kind, text: str) -> object:
    try:
        return kind.parse(text)
    except (ValueError, KeyError):
        return None  # which no kind accepts


def _written(value: object) -> str:
    """A value about as TOML writes it."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
