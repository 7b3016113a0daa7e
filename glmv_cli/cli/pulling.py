"""From a name on a hub to a model that answers: download, quantize, register."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import reading
from glmv_cli.cli.model_changes import choose_default, has_default
from glmv_cli.cli.stream_progress import StreamProgress, resumable
from glmv_cli.errors import DiskFullError, GlmvError, UsageError
from glmv_cli.families import family_of
from glmv_cli.render.errors import write_note
from glmv_cli.render.transfer import TransferLine
from glmv_cli.store.manifest import MANIFEST
from glmv_cli.store.paths import models_path
from glmv_cli.store.registry import Entry, Origin, Registry, checked_name, is_repo, name_of_repo, read_origin
from glmv_cli.store.safetensors_header import Header
from glmv_cli.store.workplace import check_idle, is_busy
from glmv_cli.units import format_bytes

if TYPE_CHECKING:
    from glmv_cli.placement.threads import Threads
    from glmv_cli.store.hub import HubSource


def pull_model(
    environment: Environment, repo: str, name: str | None, revision: str | None, search: bool, threads: Threads
) -> int:
    """Make the model ``repo`` of the hub one that ``glmv models`` lists.

    Raises:
        UsageError: the names make no sense, or are taken.
        ModelError: the hub does not give it, or it is of a kind that glmv does not know. Run again, it goes on.
        DiskFullError: there is not enough room.
    """
    _check_repo(repo)
    registry = Registry(models_path(environment.environ))
    name = checked_name(name) if name is not None else name_of_repo(repo)
    with reading():
        there = registry.named(name)
        if there is not None:
            return _say_it_is_there(environment, there, repo, revision)
        place, work, result = registry.place(name), registry.workplace(name), registry.result(name)
        if os.path.lexists(place):
            raise UsageError(
                f"{place} is there already, and is no model", "remove it, or choose another name with --name"
            )
        check_idle(result)
        with _beginning_again_by_removal(name, work):
            noted = read_origin(work)
            if noted is not None and noted.repo.lower() != repo.lower():
                raise UsageError(f"{name} is the name of an unfinished download, of {noted.repo}")
            if not (result / MANIFEST).is_file():
                _make(environment, repo, noted, revision, registry, name, search, threads)
        os.rename(result, place)
        shutil.rmtree(work, ignore_errors=True)
        with suppress(OSError):  # another one is being pulled
            work.parent.rmdir()
    _say_how_to_use(environment, name)
    return 0


def _check_repo(repo: str) -> None:
    if is_repo(repo):
        return
    hint = "name it as zai-org/GLM-4.5V"
    if os.path.isdir(repo):
        hint = f"to make a checkpoint in a directory 4-bit: 'glmv quantize {repo} NEW_DIRECTORY'"
    raise UsageError(f"'{repo}' is not the name of a model on the hub", hint)


def _say_it_is_there(environment: Environment, there: Entry, repo: str, revision: str | None) -> int:
    """Pulling a model twice is no mistake; a name for two models is."""
    origin = there.origin
    if origin is None or origin.repo.lower() != repo.lower():
        source = f", from {origin.repo}" if origin is not None else ""
        raise UsageError(f"there is a model called {there.name} already{source}", "choose another name with --name")
    if revision is not None and not _is_commit(repo, revision, origin.commit):
        raise UsageError(
            f"{there.name} is {repo} at another revision: {origin.commit}",
            f"choose another name with --name, or 'glmv models remove {there.name}' first",
        )
    write_note(environment.output, f"{there.name} is here already, from {origin.repo} at {origin.commit[:12]}")
    return 0


def _is_commit(repo: str, revision: str, commit: str) -> bool:
    if len(revision) >= 7 and commit.startswith(revision):
        return True
    from glmv_cli.store.hub_client import Hub

    return Hub(repo).snapshot(revision).commit == commit


@contextmanager
def _beginning_again_by_removal(name: str, work: Path) -> Iterator[None]:
    """What was begun in another way is not thrown away by an option here."""
    try:
        yield
    except UsageError as error:
        if not work.is_dir():
            raise
        hint = f"give what it was begun with or another --name, or 'glmv models remove {name}' to begin again"
        raise UsageError(error.message, hint) from error


def _make(
    environment: Environment,
    repo: str,
    noted: Origin | None,
    revision: str | None,
    registry: Registry,
    name: str,
    search: bool,
    threads: Threads,
) -> None:
    """The 4-bit checkpoint in the workplace, from the beginning or from where an earlier run, ``noted``, stopped."""
    work, result = registry.workplace(name), registry.result(name)
    if noted is not None:
        repo, revision = noted.repo, revision or noted.revision
    from glmv_cli.store.hub import HubSource
    from glmv_cli.store.hub_client import Hub

    line = TransferLine(environment.output, "pulling")
    progress = StreamProgress(line)
    try:
        source = HubSource.open(Hub(repo), revision, work, watcher=progress.downloaded)
        family_of(source.config.get("model_type"), repo)
        _check_room(environment, source, name, work)
    except GlmvError:
        if noted is None and not is_busy(result):
            shutil.rmtree(work, ignore_errors=True)
        raise
    from glmv_cli.model.quantizer import quantize  # torch: seconds
    from glmv_cli.model.threads import use_threads

    use_threads(threads)
    with resumable(environment, line):
        quantize(source, result, search=search, progress=progress.converted)


def _check_room(environment: Environment, source: HubSource, name: str, work: Path) -> None:
    """Say what is to come. Raises :class:`DiskFullError` if the disk has no room for it."""
    from glmv_cli.model.blueprint import draw

    result, shard = draw(source).size, source.largest_download
    there = sum(path.lstat().st_blocks * 512 for path in work.rglob("*"))
    needed, free = max(0, result + shard - there), shutil.disk_usage(work).free
    total = format_bytes(sum(_size(header) for header in source.headers.values()))
    write_note(
        environment.output,
        f"{source.name} at {str(source.revision)[:12]}: {total} in {len(source.headers)} files become "
        f"{format_bytes(result)}; the disk needs {format_bytes(shard)} more meanwhile",
    )
    if needed > free:
        raise DiskFullError(
            f"{name} needs {format_bytes(needed)} on the disk, of which {format_bytes(free)} are free in {work}",
            f"make room for {format_bytes(needed - free)}, or name a directory on another disk in GLMV_HOME",
        )


def _size(header: Header) -> int:
    return max((info.end for info in header.tensors.values()), default=header.size)


def _say_how_to_use(environment: Environment, name: str) -> None:
    """The first model that somebody pulls is meant to answer: it becomes the default."""
    chosen = has_default(environment)
    if not chosen:
        try:
            choose_default(environment, name)
        except GlmvError as error:  # the model is there all the same
            write_note(environment.output, f"it cannot be made the default model: {error.message}")
            chosen = True
    write_note(environment.output, f"ask it with: glmv describe photo.jpg{f' -m {name}' if chosen else ''}")
