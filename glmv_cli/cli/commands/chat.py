"""``glmv chat``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from glmv_cli.cli.answering import AnswerOptions, answering
from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv chat
  glmv chat photo.jpg --no-think
  printf 'Who are you?\\nWhat can you do?\\n' | glmv chat
"""


@partial(answering, without=("json",))
def chat(
    context: typer.Context,
    options: AnswerOptions,
    media: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MEDIA...]", help="Pictures and films, shown with the first question."),
    ] = None,
) -> int:
    """Talk with a model about pictures, films or anything.

    /help lists the commands. Ctrl-C stops an answer, Ctrl-D leaves. If standard input is no terminal, each of its
    lines is a question or a command, and the exit code is that of the first one that failed.
    """
    from glmv_cli.cli.chat.loop import chat as converse  # --help need not wait for it

    return converse(environment_of(context), options, media or [])
