"""Which checkpoint a model's name stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glmv_cli.errors import ModelError

DEMO = "demo"
"""The name of the model that is shipped inside the package."""

VARIABLE = "GLMV_MODEL"
"""The environment variable that names the model to use when no argument does."""

_DEMO_DIRECTORY = Path(__file__).parent.parent / "demo"
_KNOWN = f"known are '{DEMO}' (built in) and directories that hold a checkpoint in glmv's 4-bit layout"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that was found. ``by_default``: nobody asked for it, neither by argument nor by variable."""

    name: str
    directory: Path
    by_default: bool


def resolve_model(name: str | None, environ: Mapping[str, str]) -> ModelChoice:
    """Find the model called ``name``, else the one that ``GLMV_MODEL`` names, else the built-in demo.

    A name is ``demo`` or the path of a directory with a ``config.json``. Only that is looked at here: whether
    the checkpoint is whole shows when it is loaded.

    Raises:
        ModelError: there is no such model.
    """
    chosen = name if name is not None else environ.get(VARIABLE) or None
    origin = f"; {VARIABLE} names it" if name is None else ""
    if chosen is None or chosen == DEMO:
        return ModelChoice(DEMO, _demo_directory(), by_default=chosen is None)
    # Not Path.is_dir: it raises for names that are too long and folders that may not be entered.
    directory = os.path.expanduser(chosen)
    if chosen and os.path.isfile(os.path.join(directory, "config.json")):
        path = Path(directory).resolve()  # so that `-m .` has a name
        return ModelChoice(path.name, path, by_default=False)
    if chosen and os.path.isdir(directory):
        raise ModelError(f"the directory {chosen} is not a checkpoint: it has no config.json{origin}", hint=_KNOWN)
    if os.path.exists(directory):
        raise ModelError(f"{chosen} is a file, not a checkpoint{origin}", hint=f"name the directory: {_KNOWN}")
    raise ModelError(f"unknown model '{chosen}'{origin}", hint=f"{_KNOWN}; nothing is downloaded")


def _demo_directory() -> Path:
    if not (_DEMO_DIRECTORY / "config.json").is_file():
        raise ModelError("the built-in demo model is missing from this installation", hint="install glmv-cli again")
    return _DEMO_DIRECTORY
