"""``glmv inspect``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glmv_cli.cli import options, seeing
from glmv_cli.cli.environment import environment_of
from glmv_cli.cli.inquiry import check_stdin

if TYPE_CHECKING:
    from glmv_cli.cli.inspecting import Inspector

EPILOG = """
\b
Examples:
  glmv inspect photo.jpg
  glmv inspect film.mp4 -m glm-4.6v -o frames
  glmv inspect report.pdf#3-7 --max-image-tokens 2000
  glmv inspect *.png --json
"""


def inspect(
    context: typer.Context,
    media: Annotated[list[str], typer.Argument(metavar="MEDIA...", help=options.MEDIA)],
    model: options.Model = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Write a PNG for each picture, page or film there: the very pixels that the model sees, with times.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line for each.")] = False,
    max_pixels: options.MaxPixels = None,
    min_image_tokens: seeing.MinImageTokens = None,
    max_image_tokens: seeing.MaxImageTokens = None,
    animated: seeing.Animated = None,
    fps: seeing.Fps = None,
    max_frames: seeing.MaxFrames = None,
    max_video_tokens: seeing.MaxVideoTokens = None,
    start: seeing.Start = None,
    end: seeing.End = None,
    context_tokens: options.Context = None,
) -> int:
    """Show what a model will see of pictures, films and documents, and how many tokens they cost.

    The model's configuration is enough: no weights are loaded. What cannot be used does not stop the others, but after
    three pages in a row the rest of their document is left out; the exit code is that of the first error.
    """
    from glmv_cli.cli.inspecting import open_inspector
    from glmv_cli.render.inspect import inspect_json, inspect_text

    environment = environment_of(context)
    check_stdin(media, environment.stdin)
    settled = options.settled(context)
    shown = seeing.seeing_of(context, settled.settings)
    inspector: Inspector = open_inspector(environment, settled, shown, output)
    facts: list[dict[str, Any]] = [fact for name in media for fact in inspector.inspect(name)]
    if facts:
        environment.output.to_stdout(inspect_json(facts) if json else inspect_text(inspector.model, facts))
    return inspector.status
