"""``glmv ground``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from glmv_cli.cli.answering import AnswerOptions, answering
from glmv_cli.cli.environment import environment_of
from glmv_cli.cli.inquiry import check_stdin, clean_prompt
from glmv_cli.cli.seeing import OF_FILMS

EPILOG = """
\b
Examples:
  glmv ground photo.jpg "the red cup"
  glmv ground photo.jpg "every window" -o windows.png
  glmv ground photo.jpg "the door" --json | jq .boxes
"""

_OF_TEXT = ("render", "show_thinking")
"""Parameters that mean nothing where boxes are all that is written."""


@partial(answering, without=(*OF_FILMS, *_OF_TEXT))
def ground(
    context: typer.Context,
    options: AnswerOptions,
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="A picture, or a page (plan.pdf#2); - is standard input.")
    ],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What to look for, in words.")],
    drawn: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Draw the boxes on the picture, and write it here."),
    ] = None,
) -> int:
    """Find something in a picture.

    Prints a line for each box, 'x1 y1 x2 y2': pixels of the picture as it is shown, turned as its EXIF data
    says, from its top left corner. If the model gives none, the exit code is 1.
    """
    from glmv_cli.cli.grounding import ground_in  # renderers and all: --help need not wait for them

    environment = environment_of(context)
    check_stdin([image], environment.stdin)
    return ground_in(environment, options, image, clean_prompt(what), drawn)
