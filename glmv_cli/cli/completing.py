"""``glmv --complete WHAT``: names for a shell that completes a word. It comes before Typer: a key was pressed."""

from __future__ import annotations

from collections.abc import Mapping

from glmv_cli.errors import GlmvError
from glmv_cli.store.paths import models_path
from glmv_cli.store.registry import DEMO, Registry


def names(what: list[str], environ: Mapping[str, str]) -> list[str]:
    """Of ``models``: all that can answer; ``kept``: all that can be removed, unfinished ones too.

    Nothing for anything else, or where the directory of models cannot be read: a shell has no place for errors here.
    """
    registry = Registry(models_path(environ))
    try:
        if what == ["models"]:
            return [*registry.names(), DEMO]
        if what == ["kept"]:
            return registry.names(incomplete=True)
    except GlmvError:
        pass
    return []
