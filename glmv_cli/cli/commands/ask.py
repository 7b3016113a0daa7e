"""``glmv ask``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli.answering import AnswerOptions, writing
from glmv_cli.cli.environment import environment_of
from glmv_cli.cli.inquiry import asked

EPILOG = """
\b
Examples:
  glmv ask "Which is larger?" -a one.png -a two.png
  glmv ask "What can you do?"
  git diff | glmv ask "Review this."
  cat photo.png | glmv ask "What is this?"
  cat report.pdf | glmv ask "What does it cost?" -a -#3-7
  glmv ask - -a plan.png < question.txt
"""


@writing
def ask(
    context: typer.Context,
    options: AnswerOptions,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="The question; - reads it from stdin.")],
    attach: Annotated[
        list[str] | None,
        typer.Option(
            "-a",
            "--attach",
            metavar="MEDIA",
            help="A picture, film or document (report.pdf#3-7), its address, or - for stdin (text, too; -#3-7: pages "
            "there); may be given again.",
        ),
    ] = None,
) -> int:
    """Ask a question, with or without pictures, films and documents.

    Text on standard input is put before the question; a picture, film or PDF there is attached. With -a, standard input
    is read only as '-a -'. In a shell's loop, '< /dev/null' keeps the loop's input.
    """
    from glmv_cli.cli.answers import answer_all  # renderers and all: --help need not wait for them

    inquiry, environment = asked(environment_of(context), tuple(attach or ()), prompt)
    return answer_all(environment, options, [inquiry])
