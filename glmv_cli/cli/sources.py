"""Where the weights that a user names come from: a directory, or a repository on a hub."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from glmv_cli.errors import InputNotFoundError, ModelError, UsageError

if TYPE_CHECKING:
    from glmv_cli.model.source import ShardSource

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")


def open_source(name: str, revision: str | None, work_dir: Path, environ: Mapping[str, str]) -> ShardSource:
    """The source called ``name``. A directory wins over a repository of the same name.

    ``work_dir`` is where files that are downloaded lie for a while.

    Raises:
        ModelError: it is incomplete or damaged.
        InputNotFoundError: there is no such thing.
        UsageError: a directory has no ``revision``.
    """
    directory = Path(os.path.expanduser(name))
    if os.path.isdir(directory):
        from glmv_cli.model.source import LocalSource

        if revision is not None:
            raise UsageError(f"--revision is for models on the hub; {name} is a directory", "leave it out")
        return LocalSource.open(directory, name)
    if os.path.exists(directory):
        raise InputNotFoundError(f"{name} is a file", "name the directory that holds the checkpoint")
    if _HUB_ID.fullmatch(name) is None:
        raise InputNotFoundError(f"{name}: no such directory", "name one, or a model on the hub as 'org/name'")
    raise ModelError(f"{name}: downloading is not possible yet", "download it by other means and name the directory")
