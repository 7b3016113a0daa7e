"""The entry point of ``glmv``. It imports next to nothing, so that a Ctrl-C is caught from the start."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from glmv_cli import __version__
from glmv_cli.cli import process

if TYPE_CHECKING:
    from glmv_cli.cli.environment import Environment


def main(environment: Environment | None = None) -> int:
    """Run the command line of this process and return its exit status.

    ``environment`` is put in the place of the process's own, for tests.
    """
    try:
        process.open_missing_streams()
        status = _run(sys.argv[1:], environment)
    except KeyboardInterrupt:
        process.ignore_interrupts()
        process.end_line_of_terminal()
        status = process.INTERRUPTED
    status = process.finish(status)
    process.end_if_computing(status)
    return status


def _run(arguments: list[str], environment: Environment | None) -> int:
    if arguments == ["--version"] and environment is None:
        return process.write_stdout(f"glmv {__version__}\n")  # without waiting for Typer
    if arguments[:1] == ["--complete"] and environment is None:
        from glmv_cli.cli.completing import names

        return process.write_stdout("".join(f"{name}\n" for name in names(arguments[1:], os.environ)))
    process.quiet_libraries()
    process.order_gpus()
    process.calm_threads()
    from glmv_cli.cli.environment import Environment
    from glmv_cli.cli.program import run

    return run(arguments, environment or Environment.of_process())
