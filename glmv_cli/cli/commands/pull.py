"""``glmv pull``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli import options
from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv pull zai-org/GLM-4.5V
  glmv pull zai-org/GLM-4.1V-9B-Thinking --name small

\b
Environment:
  HF_TOKEN        for models that ask for it
  HF_ENDPOINT     another hub
  HF_HUB_OFFLINE  set to 1: only what is in the hub's cache
"""


def pull(
    context: typer.Context,
    repo: Annotated[str, typer.Argument(metavar="HUB_ID", help="The model's name on the hub, as zai-org/GLM-4.5V.")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call it here; without it, glm-4.5v for that example."),
    ] = None,
    revision: options.Revision = None,
    search: options.Search = False,
    threads: options.ThreadCount = None,
    pin: options.Pin = None,
) -> int:
    """Download a model, and make it 4-bit on the way.

    Its files are converted one by one: the disk needs room for the 4-bit result and one of them. What was
    interrupted goes on where it stopped when the same command is run again.
    """
    from glmv_cli.cli.pulling import pull_model

    chosen = options.chosen_threads(context, options.settled(context))
    return pull_model(environment_of(context), repo, name, revision, search, chosen)
