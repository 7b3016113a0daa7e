"""``glmv chat``."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from glmv_cli.cli.answering import AnswerOptions, answering
from glmv_cli.cli.command import Command
from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv chat
  glmv chat photo.jpg --no-think
  glmv chat --continue
  printf 'Who are you?\\nWhat can you do?\\n' | glmv chat
"""


class ChatCommand(Command):
    """``--continue`` may stand without an id."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Arguments as Typer wants them. ``ctx``: of its private copy of Click."""
        following = [*args, ""][1:]
        pairs = zip(args, following, strict=True)
        whole = [f"{arg}=0" if arg == "--continue" and not after.isdecimal() else arg for arg, after in pairs]
        return super().parse_args(ctx, whole)


@partial(answering, without=("json",))
def chat(
    context: typer.Context,
    options: AnswerOptions,
    media: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MEDIA...]", help="Pictures, films and documents, shown with the first question."),
    ] = None,
    continued: Annotated[
        int | None,
        typer.Option(
            "--continue",
            metavar="[ID]",
            min=0,
            help="Go on from a conversation of 'glmv history'; without an id, from the latest.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Talk with a model about pictures, films or anything.

    /help lists the commands. Ctrl-C stops an answer, Ctrl-D leaves. If standard input is no terminal, each of its
    lines is a question or a command, and the exit code is that of the first one that failed.
    """
    from glmv_cli.cli.chat.loop import chat as converse  # --help need not wait for it

    return converse(environment_of(context), options, media or [], continued)
