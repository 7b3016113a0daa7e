"""The options that commands share, each declared once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import typer

from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import SamplingOptions
from glmv_cli.render.plain import ShowThinking
from glmv_cli.units import parse_bytes, parse_count

LARGEST_SEED = 2**64 - 1
"""What random number generators take."""


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How to answer, whatever the question is. The defaults are those of the command line."""

    model: str | None = None
    think: bool = True
    show_thinking: ShowThinking = "auto"
    json: bool = False
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    max_pixels: int = DEFAULT_MAX_PIXELS


DEFAULTS = AnswerOptions()


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value


def _random_seed(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= LARGEST_SEED:
        raise typer.BadParameter(f"{value} is not between 0 and {LARGEST_SEED}.")
    return value


def _explaining(parse: Callable[[str], int]) -> Callable[[str], int]:
    """``parse`` with an error that Typer shows as it is."""

    def parsed(text: str) -> int:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(f"{error}.") from None

    return parsed


SIZE = _explaining(parse_bytes)
COUNT = _explaining(parse_count)


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
        help="'demo' or a checkpoint directory; without it, the one GLMV_MODEL names, else demo.",
        show_default=False,
    ),
]
Think = Annotated[bool, typer.Option("--think/--no-think", help="Whether the model reasons first.")]
Thinking = Annotated[
    ShowThinking,
    typer.Option(
        "--show-thinking",
        metavar="auto|full|none",
        help="Whether to show the reasoning, on stderr; auto: if that is a terminal.",
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print JSON: one object, or one a line for several answers."),
]
MaxTokens = Annotated[
    int,
    typer.Option("--max-tokens", metavar="N", min=1, help="Stop after N tokens, those of the reasoning included."),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        "--temperature",
        metavar="T",
        min=0,
        callback=_finite,
        help="How freely to choose words; 0: always the likeliest. Without it, as the model says.",
        show_default=False,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        callback=_random_seed,
        help="Make random choices repeatable.",
        show_default=False,
    ),
]
MaxPixels = Annotated[
    int,
    typer.Option("--max-pixels", metavar="N", min=1, help="Refuse pictures and frames with more pixels than this."),
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
        help="Use at most this much main memory; the rest of the model is read from disk. Without it, what is free.",
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
