"""``glmv ask``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli.answering import AnswerOptions, answering
from glmv_cli.cli.environment import environment_of
from glmv_cli.cli.inquiry import STDIN, Inquiry, check_stdin, clean_prompt, read_prompt

EPILOG = """
\b
Examples:
  glmv ask "Which is larger?" -a one.png -a two.png
  glmv ask "What can you do?"
  glmv ask - -a plan.png < question.txt
"""


@answering
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
            help="A picture or film, or - for stdin; may be given again.",
        ),
    ] = None,
) -> int:
    """Ask a question, with or without pictures and films."""
    from glmv_cli.cli.answers import answer_all  # renderers and all: --help need not wait for them

    environment = environment_of(context)
    media = tuple(attach or ())
    check_stdin(media, environment.stdin, prompt=prompt)
    if prompt == STDIN:
        prompt = read_prompt(environment.stdin)
    return answer_all(environment, options, [Inquiry(media, clean_prompt(prompt))])
