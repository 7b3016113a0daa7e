"""Where the weights of a checkpoint come from while it is read once, file by file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from glmv_cli.store.checkpoint_files import CONFIG, SMALL_FILES, read_headers
from glmv_cli.store.json_files import read_json
from glmv_cli.store.safetensors_header import Header


class ShardSource(Protocol):
    """A checkpoint in 16 bit or FP8, of which one file at a time need be at hand."""

    @property
    def name(self) -> str:
        """What the user called it."""

    @property
    def revision(self) -> str | None:
        """The commit, if it comes from a hub: what the result says about where it is from."""

    @property
    def identity(self) -> str:
        """Any text that changes when the weights may have changed: a hub's commit; sizes and times of local files."""

    @property
    def config(self) -> dict[str, Any]:
        """``config.json``."""

    @property
    def headers(self) -> Mapping[str, Header]:
        """File name → header, in order; known before any weight is fetched."""

    @property
    def largest_download(self) -> int:
        """Bytes that :meth:`fetch` needs on the disk, at most, for one file."""

    def copy_small_files(self, target: Path) -> None:
        """Puts tokenizer, templates and processor configs into the directory ``target``."""

    def fetch(self, shard: str) -> Path:
        """The whole file called ``shard``, here; it may have to be downloaded."""

    def release(self, shard: str) -> None:
        """The file is not needed any more; one that was downloaded is deleted."""


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A checkpoint in a directory. Nothing of it is changed or deleted."""

    name: str
    directory: Path
    config: dict[str, Any]
    headers: dict[str, Header]
    identity: str
    revision: str | None = None
    largest_download: int = 0

    @classmethod
    def open(cls, directory: Path, name: str | None = None) -> LocalSource:
        """Reads the config and all headers.

        Raises :class:`ModelError` if a file is missing, cut short, or not what the index says.
        """
        config = read_json(directory / CONFIG)
        headers = read_headers(directory)
        stats = [(shard, (directory / shard).stat()) for shard in headers]
        identity = ", ".join(f"{shard}: {stat.st_size} {stat.st_mtime_ns}" for shard, stat in stats)
        return cls(name or str(directory), directory, config, headers, identity)

    def copy_small_files(self, target: Path) -> None:
        """See :class:`ShardSource`."""
        for name in SMALL_FILES:
            if (self.directory / name).exists():
                shutil.copyfile(self.directory / name, target / name)

    def fetch(self, shard: str) -> Path:
        """See :class:`ShardSource`."""
        return self.directory / shard

    def release(self, shard: str) -> None:
        """See :class:`ShardSource`."""
