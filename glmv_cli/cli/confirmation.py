"""Asking before something is lost."""

from __future__ import annotations

from glmv_cli.cli.environment import Environment
from glmv_cli.errors import UsageError
from glmv_cli.render.sanitize import visible_line


def confirmed(environment: Environment, question: str, action: str) -> bool:
    """Whether the user says yes. Raises :class:`UsageError`, about ``action``, if nobody can be asked."""
    if not environment.stdin.isatty():
        raise UsageError(f"{action} must be confirmed, and standard input is no terminal", "add --yes")
    environment.output.to_stderr(visible_line(f"{question} [y/N] "))
    answer = environment.stdin.readline()
    if not answer.endswith(b"\n"):
        environment.output.to_stderr("\n")  # Ctrl-D leaves the line open
    return answer.decode("utf-8", "replace").strip().lower() in ("y", "yes")
