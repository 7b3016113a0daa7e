"""What glmv keeps, and how it is set: configuration, directories, models, work that was cut off."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

from glmv_cli.config import DEFAULTS, KINDS, Settings, settle, variable_of
from glmv_cli.doctor.facts import Configuration, Kept, Models, Place, Setting, Trouble, Unfinished
from glmv_cli.errors import GlmvError
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.estimate import estimate
from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.model import read_model
from glmv_cli.placement.planner import make_plan
from glmv_cli.store.config_file import read_config
from glmv_cli.store.history.reading import History
from glmv_cli.store.models import resolve_model
from glmv_cli.store.paths import HOME, config_path, history_path, models_path
from glmv_cli.store.registry import DEMO, Entry, Registry
from glmv_cli.store.workplace import is_busy

_OURS = "GLMV_"
_OF_OTHERS = (
    "CUDA_VISIBLE_DEVICES",
    "HF_ENDPOINT",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "HTTPS_PROXY",
    "OMP_NUM_THREADS",
    "OMP_PROC_BIND",
    "OMP_WAIT_POLICY",
)
_SECRET = "HF_TOKEN"
_NO_SETTINGS = (HOME, "GLMV_DEBUG", "GLMV_KERNEL")
_PARTIAL = ".partial"


def read_configuration(environ: Mapping[str, str]) -> tuple[Configuration, Settings, str | None, str | None]:
    """What is set and where; the settings that count, defaults if they make no sense; who names model and threads."""
    path = config_path(environ)
    trouble: Trouble | None = None
    settings, origins = DEFAULTS, dict[str, str]()
    try:
        settled = settle({}, environ, read_config(path), str(path))
        settings, origins = settled.settings, settled.origins
    except GlmvError as error:
        trouble = Trouble(error.message, error.hint)
    made = tuple(
        Setting(field.name, str(getattr(settings, field.name)), origins[field.name])
        for field in fields(Settings)
        if field.name in origins
    )
    known = {*map(variable_of, KINDS), *_NO_SETTINGS}
    strangers = tuple(
        (name, next(iter(difflib.get_close_matches(name, known, n=1)), None))
        for name in sorted(environ)
        if name.startswith(_OURS) and name not in known
    )
    configuration = Configuration(
        None if path is None else str(path),
        path is not None and path.is_file(),
        made,
        tuple(_variables(environ)),
        strangers,
        trouble,
    )
    return configuration, settings, origins.get("model"), origins.get("threads")


def _variables(environ: Mapping[str, str]) -> Iterator[Setting]:
    for name in (*_NO_SETTINGS, *_OF_OTHERS):
        if environ.get(name):
            yield Setting(name, environ[name], name)
    if environ.get(_SECRET):
        yield Setting(_SECRET, "is set", _SECRET)  # which one is nobody's business


def read_places(environ: Mapping[str, str]) -> tuple[Place, ...]:
    """The directories of the configuration and of the models."""
    config = config_path(environ)
    return (
        place("configuration", None if config is None else config.parent),
        place("models", models_path(environ)),
    )  # fmt: skip


def read_history(environ: Mapping[str, str], settings: Settings) -> Kept:
    """Where the history lies and how much is in it. Raises :class:`HistoryError` if it cannot be read."""
    path = history_path(environ)
    size = path.stat().st_size if path is not None and path.is_file() else None
    conversations = History(path).count() if size is not None else 0
    return Kept(None if path is None else str(path), size, conversations, settings.history)


def place(what: str, path: Path | None) -> Place:
    """Whether a directory can be written to, or made where it is missing. ``free`` is for this user."""
    if path is None:
        return Place(what, None, exists=False, writable=False, free=0)
    there = next(folder for folder in (path, *path.parents) if os.path.exists(folder))
    writable = os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)
    return Place(what, str(path), os.path.isdir(path), writable, shutil.disk_usage(there).free)


def read_models(
    environ: Mapping[str, str], settings: Settings, origin: str | None, machine: Machine, here: Path
) -> Models:
    """The default model, and whether ``machine`` can run it; work that was cut off, also of ``glmv quantize`` ``here``.

    ``origin`` is the variable or file that names the default.
    """
    registry = Registry(models_path(environ))
    entries = registry.entries()
    name, trouble, rate = settings.model or DEMO, None, None
    try:
        choice = resolve_model(settings.model, environ, origin)
        name = choice.name
        sizes = read_model(choice.directory, name).sizes
        wishes = Wishes(settings.gpu_memory, settings.cpu_memory, settings.context)
        plan = make_plan(sizes, machine, wishes)
        rate = None if name == DEMO else estimate(plan, sizes, machine).tokens_per_s
    except GlmvError as error:
        trouble = Trouble(error.message, error.hint)
    cut_off = [_pull(registry, entry) for entry in entries if not entry.complete and not _at_work(registry, entry)]
    folders = dict.fromkeys((here, *((registry.root,) if registry.root is not None else ())))
    return Models(
        name,
        sum(entry.complete for entry in entries),
        (*cut_off, *(found for folder in folders for found in _quantizings(folder))),
        trouble,
        rate,
    )


def usable(machine: Machine, *, cuda: bool, bandwidth: int | None) -> Machine:
    """``machine`` as glmv can use it: without GPUs if torch finds none; with what was measured."""
    gpus = machine.gpus if cuda else ()
    return replace(machine, gpus=gpus, cpu_bandwidth=machine.cpu_bandwidth if bandwidth is None else bandwidth)


def _at_work(registry: Registry, entry: Entry) -> bool:
    return is_busy(registry.result(entry.name))


def _pull(registry: Registry, entry: Entry) -> Unfinished:
    repo = entry.origin.repo if entry.origin is not None else "ORG/NAME"
    return Unfinished(
        str(entry.directory), f"glmv pull {repo} --name {entry.name}", f"glmv models remove {entry.name}"
    )  # fmt: skip


def _quantizings(folder: Path) -> Iterator[Unfinished]:
    """What ``glmv quantize`` has begun in ``folder``; a process may be at it right now, and then it is left out."""
    for work in sorted(folder.glob(f"*{_PARTIAL}")):
        target = work.with_name(work.name.removesuffix(_PARTIAL))
        if (work / "journal.jsonl").is_file() and not is_busy(target):
            yield Unfinished(
                str(work), f"glmv quantize SRC {shlex.quote(str(target))}", f"rm -r {shlex.quote(str(work))}"
            )
