"""Which checkpoint a model's name stands for."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glmv_cli.errors import ModelError, UsageError
from glmv_cli.families import FAMILIES, Family
from glmv_cli.store.checkpoint_files import CONFIG
from glmv_cli.store.json_files import read_json
from glmv_cli.store.paths import models_path
from glmv_cli.store.registry import DEMO, Registry, is_repo

_DEMO_DIRECTORY = Path(__file__).parent.parent / "demo"
_KNOWN = (
    f"known are '{DEMO}' (built in), the models of 'glmv models', "
    "and directories that hold a checkpoint in glmv's 4-bit layout"
)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that was found. ``by_default``: nobody asked for it, in whichever way."""

    name: str
    directory: Path
    by_default: bool


def resolve_model(name: str | None, environ: Mapping[str, str], origin: str | None = None) -> ModelChoice:
    """Find the model called ``name``; without a name, the built-in demo.

    A name is ``demo``, that of a model which ``glmv models`` lists, the repository that one was pulled from, or the
    path of a directory with a ``config.json``, in this order. Only that is looked at here: whether the checkpoint is
    whole shows when it is loaded. ``origin`` is the variable or file that names it, for the error message.

    Raises:
        ModelError: there is no such model.
    """
    if name is None or name == DEMO:
        return ModelChoice(DEMO, _demo_directory(), by_default=name is None)
    registry = Registry(models_path(environ))
    entry = registry.find(name)
    if entry is not None:
        return ModelChoice(entry.name, entry.directory, by_default=False)
    blame = f"; {origin} names it" if origin is not None else ""
    # Not Path.is_dir: it raises for names that are too long and folders that may not be entered.
    directory = os.path.expanduser(name)
    if name and os.path.isfile(os.path.join(directory, "config.json")):
        path = Path(directory).resolve()  # so that `-m .` has a name
        return ModelChoice(path.name, path, by_default=False)
    if name and os.path.isdir(directory):
        raise ModelError(f"the directory {name} is not a checkpoint: it has no config.json{blame}", hint=_KNOWN)
    if os.path.exists(directory):
        raise ModelError(f"{name} is a file, not a checkpoint{blame}", hint=f"name the directory: {_KNOWN}")
    raise ModelError(f"unknown model '{name}'{blame}", hint=_hint(name, registry))


def _hint(name: str, registry: Registry) -> str:
    begun = registry.find(name, complete=False)
    if begun is not None:
        repo = begun.origin.repo if begun.origin is not None else "…"
        return f"its download is not finished; go on with 'glmv pull {repo} --name {begun.name}'"
    names = {entry.name.lower(): entry.name for entry in registry.entries() if entry.complete}
    near = difflib.get_close_matches(name.lower(), [DEMO, *names], n=1)
    if near:
        return f"did you mean '{names.get(near[0], DEMO)}'? {_KNOWN}"
    if is_repo(name):
        return f"if it is on the hub, get it with 'glmv pull {name}'; {_KNOWN}"
    return _KNOWN


def _demo_directory() -> Path:
    if not (_DEMO_DIRECTORY / "config.json").is_file():
        raise ModelError("the built-in demo model is missing from this installation", hint="install glmv-cli again")
    return _DEMO_DIRECTORY


def check_sight(model: ModelChoice) -> None:
    """Raise ``UsageError`` if ``model`` only reads; no weights are looked at.

    Whether its family is supported at all shows when it is loaded. Raises :class:`ModelError` if its config cannot
    be read.
    """
    family = FAMILIES.get(str(read_json(model.directory / CONFIG).get("model_type")))
    if family is not None and not family.sees:
        raise only_reads(model.name, family)


def only_reads(name: str, family: Family) -> UsageError:
    """The error for media that were given to a text model."""
    seeing = ", ".join(f.title for f in FAMILIES.values() if f.sees)
    return UsageError(
        f"{name} reads text only, as do {family.title}: it cannot be shown pictures or films",
        hint=f"choose a model that sees: {seeing}",
    )
