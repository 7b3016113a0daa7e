"""The options on what of pictures a model is shown."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli.options import with_default
from glmv_cli.config import Settings
from glmv_cli.messages import Animated as ShownAs
from glmv_cli.messages import SeeingOptions

MinImageTokens = Annotated[
    int | None,
    typer.Option(
        "--min-image-tokens",
        metavar="N",
        min=1,
        help="Enlarge pictures that would take fewer tokens than this. Without it, the checkpoint's limit.",
        show_default=False,
    ),
]
MaxImageTokens = Annotated[
    int | None,
    typer.Option(
        "--max-image-tokens",
        metavar="N",
        min=1,
        help="Make pictures smaller that would take more tokens than this. Without it, the checkpoint's limit.",
        show_default=False,
    ),
]
Animated = Annotated[
    ShownAs | None,
    typer.Option(
        "--animated",
        metavar="film|first",
        help=with_default("What is shown of an animated GIF, WebP, PNG or AVIF: all, or its first frame.", "animated"),
    ),
]


def seeing_of(settings: Settings) -> SeeingOptions:
    """What the settings say on it."""
    return SeeingOptions(settings.min_image_tokens, settings.max_image_tokens, settings.animated)
