"""``glmv describe``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli.answering import AnswerOptions, writing
from glmv_cli.cli.environment import environment_of
from glmv_cli.cli.inquiry import Inquiry, check_stdin, clean_prompt
from glmv_cli.cli.options import MEDIA
from glmv_cli.errors import UsageError

EPILOG = """
\b
Examples:
  glmv describe photo.jpg
  glmv describe film.mp4 -p "What moves, and where?"
  glmv describe *.png --json
  glmv describe before.png after.png --together -p "What has changed?"
  glmv describe --batch holidays 'scans/**/*.png' -o found.jsonl
  glmv describe https://example.org/cat.jpg
  glmv describe report.pdf#3-7 -p "What do these pages say about costs?"
  curl -s "$URL" | glmv describe -
"""


@writing
def describe(
    context: typer.Context,
    options: AnswerOptions,
    media: Annotated[
        list[str],
        typer.Argument(metavar="MEDIA...", help=MEDIA),
    ],
    prompt: Annotated[
        str | None,
        typer.Option("-p", "--prompt", metavar="PROMPT", help="Ask this instead of 'Describe this …'."),
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="Put all files into one question instead of one each.")
    ] = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help="Take directories and patterns, too, and print a line of JSON for each file. With -o FILE, go on "
            "where an earlier run stopped.",
        ),
    ] = False,
) -> int:
    """Say what is in pictures, films and documents.

    Several files give several answers, each under the name of its file; the pages of a document, or of a directory, are
    one question. What cannot be used does not stop the others; the exit code tells.
    """
    from glmv_cli.cli.answers import answer_all  # renderers and all: --help need not wait for them
    from glmv_cli.cli.batch import answer_batch

    environment = environment_of(context)
    check_stdin(media, environment.stdin)
    question = None if prompt is None else clean_prompt(prompt)
    if batch:
        if together:
            raise UsageError("--batch asks about one file at a time", "leave out --together")
        return answer_batch(environment, options, media, question)
    groups = [tuple(media)] if together else [(name,) for name in media]
    return answer_all(environment, options, [Inquiry(group, question) for group in groups])
