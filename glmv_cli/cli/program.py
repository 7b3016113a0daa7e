"""One command line, from its arguments to an exit code."""

from __future__ import annotations

from contextlib import suppress

import typer

from glmv_cli.cli.app import create_app
from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import caused_by_interrupt, explain, write_traceback
from glmv_cli.cli.process import PIPE_CLOSED
from glmv_cli.render.errors import write_error


def run(arguments: list[str], environment: Environment) -> int:
    """Do what ``arguments`` say and return the exit code; only ``KeyboardInterrupt`` comes out of it."""
    try:
        return _dispatch(arguments, environment)
    except typer.Exit as end:
        return end.exit_code
    except BrokenPipeError:  # `glmv … | head -1`: the reader has what it wanted
        return PIPE_CLOSED
    except Exception as error:
        if caused_by_interrupt(error):
            raise KeyboardInterrupt from error
        return _report(error, environment)


def _dispatch(arguments: list[str], environment: Environment) -> int:
    # Not `app()`: that handles errors, interrupts and closed pipes in its own way.
    command = typer.main.get_command(create_app())
    with command.make_context("glmv", arguments, obj=environment) as context:
        status: int = command.invoke(context)
        return status


def _report(error: Exception, environment: Environment) -> int:
    shown = explain(error)
    with suppress(OSError):  # nobody listens on stderr; the exit code still tells
        write_traceback(environment, error)
        write_error(environment.output, shown)
    return shown.exit_code
