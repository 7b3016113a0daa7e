"""A checkpoint on a hub, read file by file: a ``ShardSource`` that never has more on the disk than it must."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError

from glmv_cli.errors import ModelError, UsageError
from glmv_cli.store.checkpoint_files import CONFIG, INDEX, SINGLE, SMALL_FILES, check_weight_map, parse_weight_map
from glmv_cli.store.download import PART, download
from glmv_cli.store.hub_client import Hub, RemoteFile, Snapshot
from glmv_cli.store.hub_errors import explain, offline
from glmv_cli.store.paths import make_directory
from glmv_cli.store.registry import Origin, read_origin, write_origin
from glmv_cli.store.safetensors_header import PREFIX, Header, header_size, parse_header, read_header

Watcher = Callable[[str, int, int], None]
"""Hears the name of a file that is being downloaded, how many bytes of it are here, and how many it has."""

_WEIGHTS = ".safetensors"
_HEADER_GUESS = 256 * 1024
"""Bytes; one request is enough for nearly every header."""
_CONNECTIONS = 8
_LARGEST_JSON = 256 * 1024 * 1024


class HubSource:
    """A repository at one commit. Only weights in safetensors and small files that are known by name are ever read.

    ``name``, ``revision``, ``identity``, ``config``, ``headers`` and the methods are those of ``ShardSource``.
    """

    def __init__(
        self, hub: Hub, snapshot: Snapshot, work_dir: Path, cache: Path | None, watcher: Watcher | None
    ) -> None:
        """See :meth:`open`."""
        self.name = hub.repo
        self.revision: str | None = snapshot.commit
        self.identity = f"{hub.repo}@{snapshot.commit}"
        self._hub = hub
        self._snapshot = snapshot
        self._work_dir = work_dir
        self._cache = cache
        self._watcher = watcher or _ignore
        self._held: set[str] = set()
        self.config: dict[str, Any] = self._json(CONFIG)
        self.headers: Mapping[str, Header] = self._read_headers()

    @classmethod
    def open(
        cls,
        hub: Hub,
        revision: str | None,
        work_dir: Path,
        *,
        force: bool = False,
        cache: Path | None = None,
        watcher: Watcher | None = None,
    ) -> HubSource:
        """Reads the config and all headers; files of weights go to ``work_dir`` when they are fetched.

        The commit is noted there, so that a run that goes on reads the same one, whatever the revision is by then.
        ``force``: another checkpoint may be noted, and is forgotten. ``cache``: the hub's, if it is not where
        ``huggingface_hub`` says; nothing in it is written or deleted.

        Raises :class:`ModelError` if there is no such repository or revision, it cannot be reached, or it has no
        weights in safetensors, and :class:`UsageError` if ``work_dir`` holds another checkpoint's.
        """
        asked = revision or constants.DEFAULT_REVISION
        noted = read_origin(work_dir)
        if noted is not None and (noted.repo, noted.revision) != (hub.repo, asked):
            if not force:
                raise UsageError(
                    f"{work_dir} holds an unfinished download of {noted.repo} at '{noted.revision}'",
                    "finish that one first, or give --force to throw it away",
                )
            noted = None
        wanted = noted.commit if noted is not None else asked
        snapshot = _cached_snapshot(hub, wanted, cache) if constants.HF_HUB_OFFLINE else hub.snapshot(wanted)
        make_directory(work_dir)
        write_origin(work_dir, Origin(hub.repo, asked, snapshot.commit))
        return cls(hub, snapshot, work_dir, cache, watcher)

    @property
    def largest_download(self) -> int:
        """Bytes of the largest file of weights that must be downloaded."""
        return max((self._file(shard).size for shard in self.headers if self._cached(shard) is None), default=0)

    def copy_small_files(self, target: Path) -> None:
        """Puts tokenizer, templates and processor configs into ``target``."""
        for name in SMALL_FILES:
            if name in self._snapshot.files:
                cached = self._cached(name)
                if cached is not None:
                    (target / name).write_bytes(cached.read_bytes())
                else:
                    download(self._hub, self._snapshot.commit, self._small(name), target / name, lambda _: None)

    def fetch(self, shard: str) -> Path:
        """The whole file, from the hub's cache or downloaded. What an earlier run left of others is deleted."""
        cached = self._cached(shard)
        if cached is not None:
            return cached
        file = self._file(shard)
        path = self._work_dir / shard
        self._held.add(shard)
        kept = {name for held in self._held for name in (held, held + PART)}
        for stray in self._work_dir.iterdir():
            if stray.name.removesuffix(PART).endswith(_WEIGHTS) and stray.name not in kept:
                stray.unlink()
        if not path.exists():
            download(self._hub, self._snapshot.commit, file, path, lambda have: self._watcher(shard, have, file.size))
        return path

    def release(self, shard: str) -> None:
        """Delete the file, if it was downloaded."""
        self._held.discard(shard)
        (self._work_dir / shard).unlink(missing_ok=True)

    def _read_headers(self) -> dict[str, Header]:
        weight_map = None
        if INDEX in self._snapshot.files:
            weight_map = parse_weight_map(self._json(INDEX), f"{INDEX} of {self.name}")
        elif SINGLE not in self._snapshot.files:
            raise ModelError(
                f"{self.name} has no weights in safetensors",
                "other files of weights can run code: glmv does not read them",
            )
        shards = sorted(set(weight_map.values())) if weight_map is not None else [SINGLE]
        # A few at a time: a hub takes its time to answer, and large models have a hundred files.
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            try:
                headers = dict(zip(shards, pool.map(self._read_header, shards), strict=True))
            except BaseException:  # a Ctrl-C, too, does not wait until the others have tried for minutes
                self._hub.give_up()
                raise
        if weight_map is not None:
            check_weight_map(weight_map, headers)
        return headers

    def _read_header(self, shard: str) -> Header:
        cached = self._cached(shard)
        if cached is not None:
            return read_header(cached)
        file = self._file(shard)
        name = f"{shard} of {self.name}"
        prefix = self._hub.read(self._snapshot.commit, shard, _HEADER_GUESS)
        size = header_size(prefix[:PREFIX], name)
        if size > len(prefix):
            prefix = self._hub.read(self._snapshot.commit, shard, size)
        return parse_header(prefix, file.size, name)

    def _json(self, name: str) -> dict[str, Any]:
        file = self._small(name)
        cached = self._cached(name)
        data = cached.read_bytes() if cached is not None else self._hub.read(self._snapshot.commit, name, file.size)
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ModelError(f"{name} of {self.name} does not hold a JSON object", "tell the authors of the model")
        return value

    def _cached(self, name: str) -> Path | None:
        """The file in the hub's own cache, if it is there and whole."""
        found = try_to_load_from_cache(self.name, name, cache_dir=self._cache, revision=self._snapshot.commit)
        if not isinstance(found, str):
            return None
        path = Path(found)
        return path if path.stat().st_size == self._file(name).size else None

    def _small(self, name: str) -> RemoteFile:
        file = self._file(name)
        if file.size > _LARGEST_JSON:
            raise ModelError(
                f"{name} of {self.name} has {file.size:,} bytes, which cannot be", "use another repository"
            )
        return file

    def _file(self, name: str) -> RemoteFile:
        file = self._snapshot.files.get(name)
        if file is None:
            if constants.HF_HUB_OFFLINE:
                raise offline(self.name, self._snapshot.commit)
            raise ModelError(f"{self.name} lacks {name}", "name a repository that holds a whole checkpoint")
        return file


def _cached_snapshot(hub: Hub, revision: str, cache: Path | None) -> Snapshot:
    """What the hub's cache has of a revision. Raises :class:`ModelError` if it has nothing."""
    try:
        config = try_to_load_from_cache(hub.repo, CONFIG, cache_dir=cache, revision=revision)
    except HFValidationError as error:
        raise explain(error, hub.repo, revision, hub.endpoint) from error
    if not isinstance(config, str):
        raise offline(hub.repo, revision)
    directory = Path(config).parent
    files = {
        path.name: RemoteFile(path.name, path.stat().st_size, None, None)
        for path in directory.iterdir()
        if path.is_file()
    }
    return Snapshot(directory.name, files)


def _ignore(file: str, have: int, size: int) -> None:
    """The :data:`Watcher` of someone who does not look."""
