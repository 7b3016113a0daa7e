"""The tree of commands of ``glmv``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli import __version__
from glmv_cli.cli.command import SETTINGS, Command
from glmv_cli.cli.commands import (
    ask,
    chat,
    describe,
    doctor,
    ground,
    history,
    inspect,
    models,
    plan,
    pull,
    quantize,
    show,
)
from glmv_cli.cli.environment import environment_of

# "\b" keeps the lines of the paragraph that follows it.
EPILOG = """
\b
Exit codes:
  0    done
  1    something else went wrong
  2    the command line does not make sense
  65   a picture or film cannot be used
  66   no such input, or it cannot be opened
  69   the model is unknown, incomplete or damaged
  70   a bug in glmv
  74   not enough room on the disk; run the same command again to go on
  75   not enough memory; the hint says what to try
  130  interrupted
  141  the reader of the output went away

\b
Environment:
  GLMV_MODEL    the model to use without -m; likewise GLMV_THINK and others,
                for all settings that may stand in config.toml
  GLMV_HOME     the directory of config.toml, the models and the history
  GLMV_DEBUG=1  show the traceback of an error

\b
Files:
  ~/.config/glmv/config.toml      settings
  ~/.local/share/glmv/models/     the models that 'glmv pull' made
  ~/.local/share/glmv/history.db  questions and answers ('glmv history')
  ~/.local/share/glmv/prompts     what was typed in chats
                                  (on Linux; 'glmv doctor' shows where else)
"""


def create_app() -> typer.Typer:
    """The command tree. ``context.obj`` must be an :class:`Environment`."""
    # No rich markup: importing rich would double the time that --help takes.
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
        epilog=EPILOG,
    )
    app.callback(invoke_without_command=True)(glmv)
    for module, command in (
        (describe, describe.describe),
        (ask, ask.ask),
        (chat, chat.chat),
        (ground, ground.ground),
        (inspect, inspect.inspect),
        (plan, plan.plan),
        (quantize, quantize.quantize),
        (show, show.show),
        (pull, pull.pull),
        (doctor, doctor.doctor),
    ):
        kind = chat.ChatCommand if module is chat else Command
        app.command(cls=kind, epilog=module.EPILOG, context_settings=SETTINGS)(command)
    app.add_typer(models.create_group(), name="models")
    app.add_typer(history.create_group(), name="history")
    return app


def _show_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        environment_of(context).output.to_stdout(f"glmv {__version__}\n")
        raise typer.Exit


def glmv(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Ask GLM-V vision models about pictures and films, on your own machine.

    The answer goes to standard output, everything else to standard error.
    """
    if context.invoked_subcommand is None:
        environment_of(context).output.to_stderr(context.get_help() + "\n")
        raise typer.Exit(2)
