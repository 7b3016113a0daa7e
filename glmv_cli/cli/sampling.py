"""The options that say how the next token is chosen and when the answer ends, each declared once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from glmv_cli.cli.options import above_zero, with_default
from glmv_cli.config import Settings
from glmv_cli.errors import UsageError
from glmv_cli.media.source import cannot_open
from glmv_cli.messages import SamplingOptions

LARGEST_SEED = 2**64 - 1
"""What random number generators take."""


def sampling_of(context: typer.Context, settings: Settings) -> SamplingOptions:
    """What a command's options say; ``settings`` has what may also come from elsewhere."""
    given = context.params
    return SamplingOptions(
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        seed=given["seed"],
        top_k=given["top_k"],
        top_p=given["top_p"],
        min_p=given["min_p"],
        repetition_penalty=given["repetition_penalty"],
        stop=tuple(given["stop"] or ()),
        think_budget=given["think_budget"],
        schema=_read_schema(given["schema"]) if given.get("schema") is not None else None,
    )


def _read_schema(name: str) -> str:
    """The text of a file with a JSON schema. Raises :class:`UsageError` if it is none, before a model is loaded."""
    try:
        schema = Path(name).read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is no JSON schema, but something else than text", "name another file") from None
    except OSError as error:
        raise cannot_open(name, error) from error
    from glmv_cli.engine.schema import grammar_of

    grammar_of(schema, name)
    return schema


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value


def _share(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1:  # this refuses nan, too
        raise typer.BadParameter(f"{value} is not between 0 and 1.")
    return value


def _some_share(value: float | None) -> float | None:
    if value == 0:
        raise typer.BadParameter("0 leaves no token to choose from.")
    return _share(value)


def _random_seed(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= LARGEST_SEED:
        raise typer.BadParameter(f"{value} is not between 0 and {LARGEST_SEED}.")
    return value


def _some_texts(value: list[str] | None) -> list[str] | None:
    if value is not None and not all(value):
        raise typer.BadParameter("an empty text is everywhere.")
    return value


MaxTokens = Annotated[
    int | None,
    typer.Option(
        "--max-tokens",
        metavar="N",
        min=1,
        help=with_default("Stop after N tokens, those of the reasoning included.", "max_tokens"),
    ),
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
TopK = Annotated[
    int | None,
    typer.Option(
        "--top-k",
        metavar="N",
        min=0,
        help="Choose among the N likeliest tokens; 0: among all.",
        show_default=False,
    ),
]
TopP = Annotated[
    float | None,
    typer.Option(
        "--top-p",
        metavar="P",
        callback=_some_share,
        help="Choose among the likeliest tokens that together have this probability; 1: among all.",
        show_default=False,
    ),
]
MinP = Annotated[
    float | None,
    typer.Option(
        "--min-p",
        metavar="P",
        callback=_share,
        help="Choose among tokens with at least this share of the likeliest one's probability; 0: among all.",
        show_default=False,
    ),
]
RepetitionPenalty = Annotated[
    float | None,
    typer.Option(
        "--repetition-penalty",
        metavar="R",
        callback=above_zero,
        help="Above 1, avoid tokens of question and answer so far. Without it, as the model says.",
        show_default=False,
    ),
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        "--stop",
        metavar="TEXT",
        callback=_some_texts,
        help="End the answer before this text; may be given again. Reasoning is not searched for it.",
        show_default=False,
    ),
]
ThinkBudget = Annotated[
    int | None,
    typer.Option(
        "--think-budget",
        metavar="N",
        min=0,
        help="End the reasoning after N tokens, and have the answer. Without it, the model ends it.",
        show_default=False,
    ),
]
Schema = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar="FILE",
        help="Make the answer JSON that the JSON schema in FILE allows. Reasoning is free.",
        show_default=False,
    ),
]
