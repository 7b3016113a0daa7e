"""``glmv history``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from glmv_cli.cli import options
from glmv_cli.cli.command import SETTINGS, Command
from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv history
  glmv history search circle red
  glmv history show 12 --thinking
  glmv history export 12 -o circles.md
"""

_LIMIT = 20

Limit = Annotated[int, typer.Option("-n", "--limit", metavar="N", min=0, help="At most this many; 0: all.")]
Lines = Annotated[bool, typer.Option("--json", help="Print JSON: one object a line.")]
Id = Annotated[int, typer.Argument(metavar="ID", help="As 'glmv history list' shows it.", show_default=False)]


def create_group() -> typer.Typer:
    """The command with its subcommands; without one, it lists."""
    group = typer.Typer(
        add_completion=False, rich_markup_mode=None, context_settings=SETTINGS, epilog=EPILOG, help=history.__doc__
    )
    group.callback(invoke_without_command=True)(history)
    for name, command in (
        ("list", list_), ("show", show), ("search", search), ("export", export), ("rm", rm), ("on", on), ("off", off),
    ):  # fmt: skip
        group.command(name, cls=Command, context_settings=SETTINGS)(command)
    return group


def history(context: typer.Context) -> int:
    """Find what was asked and answered before.

    Every exchange of chat, ask and describe is kept on this machine, unless --no-history or 'glmv history off'
    says otherwise. Of pictures and films the names, paths and digests are kept, not the content.
    """
    if context.invoked_subcommand is not None:
        return 0
    return list_(context)


def list_(context: typer.Context, limit: Limit = _LIMIT, json: Lines = False) -> int:
    """List conversations, the latest first."""
    from glmv_cli.cli.history.listing import list_history

    return list_history(environment_of(context), limit, json)


def show(
    context: typer.Context,
    conversation: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="A conversation of 'glmv history list'; else the latest.")
    ] = None,
    thinking: Annotated[bool, typer.Option("--thinking", help="The reasoning, too.")] = False,
    render: options.Render = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with all that is known.")] = False,
) -> int:
    """Show a conversation."""
    from glmv_cli.cli.history.showing import show as show_conversation

    settings = options.settled(context).settings
    return show_conversation(environment_of(context), conversation, settings.render, thinking, json)


def search(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="WORD...", help="All must stand there; in quotes, several as they are.")
    ],
    limit: Limit = _LIMIT,
    json: Lines = False,
) -> int:
    """Search questions, answers and names of files.

    Parts of words are found, too, and case does not matter. The exit code is 1 if nothing is found.
    """
    from glmv_cli.cli.history.listing import search_history

    return search_history(environment_of(context), words, limit, json)


def export(
    context: typer.Context,
    conversation: Id,
    form: Annotated[
        Literal["md", "json"] | None,
        typer.Option(
            "--format",
            metavar="md|json",
            help="Markdown, or JSON that 'glmv chat' can load. Without it, by the ending of FILE, else md.",
            show_default=False,
        ),
    ] = None,
    path: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a new file instead of standard output."),
    ] = None,
) -> int:
    """Write a conversation for people or programs, without what was taken back or failed."""
    from glmv_cli.cli.history.showing import export as export_conversation

    return export_conversation(environment_of(context), conversation, form, path)


def rm(
    context: typer.Context,
    conversations: Annotated[
        list[int] | None, typer.Argument(metavar="[ID...]", help="Conversations of 'glmv history list'.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Remove conversations for good."""
    from glmv_cli.cli.history.changes import remove

    return remove(environment_of(context), conversations or [], everything, yes)


def on(context: typer.Context) -> int:
    """Keep exchanges from now on: writes config.toml."""
    from glmv_cli.cli.history.changes import switch

    return switch(environment_of(context), on=True)


def off(context: typer.Context) -> int:
    """Keep nothing more: writes config.toml."""
    from glmv_cli.cli.history.changes import switch

    return switch(environment_of(context), on=False)
