"""The options on what of pictures and films a model is shown."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli.options import TIME, above_zero, with_default
from glmv_cli.config import Settings
from glmv_cli.errors import UsageError
from glmv_cli.messages import Animated as ShownAs
from glmv_cli.messages import FilmOptions, SeeingOptions

OF_FILMS = ("fps", "max_frames", "max_video_tokens", "start", "end")
"""Parameters that mean nothing to commands for pictures only."""

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
Fps = Annotated[
    float | None,
    typer.Option(
        "--fps",
        metavar="R",
        callback=above_zero,
        help="Show R frames a second of films, as far as --max-frames go. Without it, as the model was trained.",
        show_default=False,
    ),
]
MaxFrames = Annotated[
    int | None,
    typer.Option(
        "--max-frames",
        metavar="N",
        min=1,
        help="Show at most N frames of a film, at even distances. Without it, as many as the model was trained with.",
        show_default=False,
    ),
]
MaxVideoTokens = Annotated[
    int | None,
    typer.Option(
        "--max-video-tokens",
        metavar="N",
        min=1,
        help="Make the frames of films smaller that would take more tokens than this. Without it, the checkpoint's "
        "limit.",
        show_default=False,
    ),
]
Start = Annotated[
    float | None,
    typer.Option(
        "--start",
        metavar="TIME",
        parser=TIME,
        help="Show films from here on: seconds, 1:30 or 1:02:03.5.",
        show_default=False,
    ),
]
End = Annotated[
    float | None,
    typer.Option("--end", metavar="TIME", parser=TIME, help="Show films up to here.", show_default=False),
]


def seeing_of(context: typer.Context, settings: Settings) -> SeeingOptions:
    """What the settings and a command's options say on it. Raises :class:`UsageError` for a part that has no length."""
    start, end = context.params.get("start"), context.params.get("end")
    if end is not None and end <= (start or 0):
        raise UsageError(f"--end {end:g} s is not after the start, {start or 0:g} s", "give a later --end")
    film = FilmOptions(settings.fps, settings.max_frames, settings.max_video_tokens, start, end)
    least, most = settings.min_image_tokens, settings.max_image_tokens
    return SeeingOptions(least, most, settings.animated, film, settings.page_seconds)
