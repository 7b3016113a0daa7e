"""Where the weights that a user names come from: a directory, or a repository on a hub."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from glmv_cli.errors import InputNotFoundError, UsageError
from glmv_cli.store.registry import is_repo

if TYPE_CHECKING:
    from glmv_cli.model.source import ShardSource
    from glmv_cli.store.hub import Watcher


def open_source(
    name: str, revision: str | None, work_dir: Path, *, force: bool = False, watcher: Watcher | None = None
) -> ShardSource:
    """The source called ``name``. A directory wins over a repository of the same name.

    ``work_dir`` is where files that are downloaded lie for a while; ``force``: whatever lies there.
    ``watcher`` hears how a download goes.

    Raises:
        ModelError: it is incomplete or damaged, or the hub does not give it.
        InputNotFoundError: there is no such thing.
        UsageError: a directory has no ``revision``.
    """
    directory = os.path.expanduser(name)
    if os.path.isdir(directory):
        from glmv_cli.model.source import LocalSource

        if revision is not None:
            raise UsageError(f"--revision is for models on the hub; {name} is a directory", "leave it out")
        return LocalSource.open(Path(directory), name)
    if os.path.exists(directory):
        raise InputNotFoundError(f"{name} is a file", "name the directory that holds the checkpoint")
    if not is_repo(name):
        raise InputNotFoundError(f"{name}: no such directory", "name one, or a model on the hub as 'org/name'")
    from glmv_cli.store.hub import HubSource
    from glmv_cli.store.hub_client import Hub

    return HubSource.open(Hub(name), revision, work_dir, force=force, watcher=watcher)
