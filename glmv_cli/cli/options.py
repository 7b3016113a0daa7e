"""The options that commands share, each declared once.

An option that is also a setting has that name and no default here: ``None`` says that it was not given, and
:func:`settled` finds what counts instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from glmv_cli.cli.environment import environment_of
from glmv_cli.config import DEFAULTS, Settled, ShowThinking, settle
from glmv_cli.config import Render as ShownAs
from glmv_cli.store.config_file import read_config
from glmv_cli.store.paths import config_path
from glmv_cli.units import parse_bytes, parse_count, parse_time

if TYPE_CHECKING:
    from glmv_cli.placement.threads import Threads

_Number = TypeVar("_Number", int, float)


MEDIA = (
    "Pictures, films and documents (PDF, TIFF): files, addresses (https://…), directories of pages; - is standard "
    "input. report.pdf#1,4-6 names pages, and -#1,4-6 those of standard input."
)
"""What such arguments may be."""


def settled(context: typer.Context) -> Settled:
    """The settings of a command: its options that bear the name of one, the environment, and the configuration file.

    Raises :class:`UsageError` for a variable or a file that makes no sense.
    """
    environ = environment_of(context).environ
    path = config_path(environ)
    given = {
        flag.removeprefix("--").replace("-", "_"): context.params.get(parameter.name or "")
        for parameter in context.command.params
        for flag in parameter.opts
    }
    return settle(given, environ, read_config(path), str(path))


def chosen_threads(context: typer.Context, settled: Settled) -> Threads:
    """The threads that the settings ask for on this machine. Raises :class:`UsageError` for more than it can run."""
    from glmv_cli.placement.processors import read_processors
    from glmv_cli.placement.threads import choose_threads

    wished, origin = settled.settings.threads, settled.origins.get("threads")
    environ = environment_of(context).environ
    return choose_threads(read_processors(), wished, settled.settings.pin, environ, origin)


def with_default(text: str, name: str) -> str:
    """The help of an option whose default is in the table of settings."""
    value = getattr(DEFAULTS, name)
    shown = f"{'' if value else 'no-'}{name}" if isinstance(value, bool) else value
    return f"{text}  [default: {shown}]"


def _explaining(parse: Callable[[str], _Number]) -> Callable[[str], _Number]:
    """``parse`` with an error that Typer shows as it is."""

    def parsed(text: str) -> _Number:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(f"{error}.") from None

    return parsed


SIZE = _explaining(parse_bytes)
COUNT = _explaining(parse_count)
TIME = _explaining(parse_time)


def above_zero(value: float | None) -> float | None:
    """A callback that refuses other numbers."""
    if value is not None and not 0 < value < math.inf:
        raise typer.BadParameter(f"{value} is not a finite number above 0.")
    return value


def _some_context(value: int | None) -> int | None:
    if value is not None and value < 1:
        raise typer.BadParameter(f"{value} is not in the range x>=1.")
    return value


Model = Annotated[
    str | None,
    typer.Option(
        "-m",
        "--model",
        metavar="MODEL",
        help="A model of 'glmv models', or a checkpoint directory. Without it, the default model.",
        show_default=False,
    ),
]
Think = Annotated[
    bool | None,
    typer.Option("--think/--no-think", help=with_default("Whether the model reasons first.", "think")),
]
Thinking = Annotated[
    ShowThinking | None,
    typer.Option(
        "--show-thinking",
        metavar="auto|full|collapsed|none",
        help=with_default(
            "How to show the reasoning, on stderr; collapsed: as one line; auto: so on a terminal, else none.",
            "show_thinking",
        ),
    ),
]
Render = Annotated[
    ShownAs | None,
    typer.Option(
        "--render",
        metavar="live|blocks|plain",
        help="How to show the answer on a terminal: as Markdown that grows, its finished blocks only, or bare text. "
        "Without it, live where the terminal can do it.",
        show_default=False,
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; likewise with NO_COLOR in the environment.")]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print JSON: one object, or one a line for several answers."),
]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        "--max-pixels",
        metavar="N",
        min=1,
        help=with_default("Refuse pictures and frames with more pixels than this.", "max_pixels"),
    ),
]
GpuMemory = Annotated[
    int | None,
    typer.Option(
        "--gpu-memory",
        metavar="SIZE",
        parser=SIZE,
        help="Use at most this much of each GPU, as 20GiB; 0: no GPU. Without it, what is free.",
        show_default=False,
    ),
]
CpuMemory = Annotated[
    int | None,
    typer.Option(
        "--cpu-memory",
        metavar="SIZE",
        parser=SIZE,
        help="Use at most this much main memory; experts beyond it are read from disk. Without it, what is free.",
        show_default=False,
    ),
]
Context = Annotated[
    int | None,
    typer.Option(
        "--context",
        metavar="N",
        parser=COUNT,
        callback=_some_context,
        help="Make room for N tokens of prompt and answer together, as 32k.",
        show_default=False,
    ),
]
ThreadCount = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        help="Compute with N threads. Without it, one for each core (of hybrid processors, each performance core).",
        show_default=False,
    ),
]
Pin = Annotated[
    bool | None,
    typer.Option("--pin/--no-pin", help=with_default("Whether each thread is bound to a processor of its own.", "pin")),
]
History = Annotated[
    bool | None,
    typer.Option("--history/--no-history", help=with_default("Whether 'glmv history' keeps it.", "history")),
]
Search = Annotated[
    bool,
    typer.Option(
        "--search",
        help="Search each block's scale: 14 % less squared error (relative error 8.5 instead of 9.2 %), "
        "about ten times the computing.",
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="REV",
        help="A branch, a tag or a commit on the hub. Without it, main.",
        show_default=False,
    ),
]
