"""``glmv models``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli import options
from glmv_cli.cli.command import SETTINGS, Command
from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv models
  glmv models default glm-4.5v
  glmv models remove glm-4.5v
"""


def create_group() -> typer.Typer:
    """The command with its subcommands; without one, it lists."""
    group = typer.Typer(
        add_completion=False, rich_markup_mode=None, context_settings=SETTINGS, epilog=EPILOG, help=models.__doc__
    )
    group.callback(invoke_without_command=True)(models)
    group.command(cls=Command, context_settings=SETTINGS)(default)
    group.command(cls=Command, context_settings=SETTINGS)(remove)
    return group


def models(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON: one object a model, a line each.")] = False,
) -> int:
    """List the models on this machine, choose the default, remove one.

    The default model, marked with *, answers where no -m names another.
    """
    if context.invoked_subcommand is not None:
        return 0
    from glmv_cli.cli.model_list import as_json, as_table, listing

    environment = environment_of(context)
    settled = options.settled(context)
    rows = listing(environment.environ, settled.settings.model)
    environment.output.to_stdout(as_json(rows) if json else as_table(rows))
    return 0


def default(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model of 'glmv models', or a checkpoint directory.")],
) -> int:
    """Make a model the default: writes config.toml."""
    from glmv_cli.cli.model_changes import choose_default

    return choose_default(environment_of(context), name)


def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model of 'glmv models', unfinished ones included.")],
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Delete a model's files."""
    from glmv_cli.cli.model_changes import remove_model

    return remove_model(environment_of(context), name, yes)
