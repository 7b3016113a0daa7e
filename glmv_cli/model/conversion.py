"""All parts of the work of quantizing, on several threads, file by file of the source."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import torch

from glmv_cli.model.blueprint import Blueprint, Part
from glmv_cli.model.converter import Converter, codec
from glmv_cli.model.source import ShardSource
from glmv_cli.store.manifest import digest, digest_of_range
from glmv_cli.store.workplace import Workplace

_MOST_THREADS = 8
"""Each needs up to 80 MB."""
_SECONDS = 5.0
"""After so much time what is done is made safe and put into the journal."""


class Progress(Protocol):
    """Is told, from time to time, how many bytes of the source are done."""

    def __call__(self, done: int, total: int) -> None: ...


def convert_all(
    source: ShardSource, blueprint: Blueprint, work: Workplace, search: bool, progress: Progress
) -> tuple[int, dict[str, str]]:
    """Does what the journal does not say is done.

    Returns how many bytes of the source were read, and the digest of every tensor of the result.
    """
    with ExitStack() as stack:
        results = {name: stack.enter_context(_opened(work.result / name, os.O_RDWR)) for name in blueprint.files}
        _write_known(blueprint, results)
        conversion = _Conversion(source, blueprint, work, search, progress, results)
        stack.callback(conversion.close)
        conversion.run()
        return conversion.read, conversion.digests


class _Conversion:
    """The state of a run. Only the main thread changes it; threads convert parts and compute digests."""

    def __init__(
        self,
        source: ShardSource,
        blueprint: Blueprint,
        work: Workplace,
        search: bool,
        progress: Progress,
        results: dict[str, int],
    ) -> None:
        self.read = 0
        self.digests = {name: digest(content) for name, content in blueprint.constants.items()}
        done: set[int] = set()
        for entry in work.journal.entries:
            done.update(entry.get("parts", ()))
            self.digests.update(entry.get("digests", {}))
        self._source, self._blueprint, self._work, self._progress = source, blueprint, work, progress
        self._results = results
        self._todo = [part for part in blueprint.parts if part.index not in done]
        self._left = Counter(part.target.name for part in self._todo)
        self._total = sum(part.source_bytes for part in blueprint.parts)
        self._shown = self._total - sum(part.source_bytes for part in self._todo)
        self._sources: dict[str, int] = {}
        self._running: dict[Future[Any], Part | str] = {}
        self._unsaved: list[Part] = []
        self._new_digests: dict[str, str] = {}
        self._saved_at = time.monotonic()
        # Enough threads that one reads while another computes; each computes alone.
        self._threads = max(2, min(_MOST_THREADS, torch.get_num_threads()))
        self._pool = ThreadPoolExecutor(self._threads, "quantize", initializer=torch.set_num_threads, initargs=(1,))
        self._converters: SimpleQueue[Converter] = SimpleQueue()
        for _ in range(self._threads):
            self._converters.put(Converter(codec(search), blueprint.places, self._sources, results))

    def run(self) -> None:
        """Everything, in the order of the parts. What is done when something fails is kept."""
        try:
            self._progress(self._shown, self._total)
            for name in self._blueprint.tensors_of:
                if not self._left[name]:
                    self._finish_target(name)
            for shards, parts in self._steps():
                self._open(shards)
                for part in parts:
                    self._running[self._pool.submit(self._convert, part)] = part
                    self._settle(3 * self._threads)
                while any(isinstance(what, Part) for what in self._running.values()):
                    self._settle(len(self._running) - 1)
                self._save()  # digests may go on meanwhile
            self._settle(0)
        finally:
            self._pool.shutdown(cancel_futures=True)
            self._keep([future for future in self._running if not _failed(future)])
            self._save()

    def close(self) -> None:
        """Lets go of the source's files."""
        for shard in list(self._sources):
            os.close(self._sources.pop(shard))

    def _steps(self) -> Iterator[tuple[list[str], list[Part]]]:
        """Which files must be open for the next parts. A file that no later part needs is closed and released."""
        order = {shard: number for number, shard in enumerate(self._source.headers)}
        last: dict[str, int] = {}
        for position, part in enumerate(self._todo):
            last |= dict.fromkeys(part.shards, position)
        groups: dict[str, list[Part]] = {}
        for part in self._todo:
            groups.setdefault(max(part.shards, key=order.__getitem__), []).append(part)
        for shard in order.keys() - last.keys():
            self._source.release(shard)  # an earlier run may have left it
        position = 0
        for parts in groups.values():
            yield sorted({shard for part in parts for shard in part.shards}, key=order.__getitem__), parts
            position += len(parts)
            for shard in [shard for shard in self._sources if last[shard] < position]:
                os.close(self._sources.pop(shard))
                self._source.release(shard)

    def _open(self, shards: list[str]) -> None:
        for shard in shards:
            if shard not in self._sources:
                self._sources[shard] = os.open(self._source.fetch(shard), os.O_RDONLY | os.O_CLOEXEC)

    def _convert(self, part: Part) -> None:
        converter = self._converters.get()
        try:
            converter.convert(part)
        finally:
            self._converters.put(converter)

    def _settle(self, most: int) -> None:
        """Waits until at most so many tasks are running or waiting; raises what one of them raised."""
        while len(self._running) > most:
            done, _ = wait(self._running, timeout=_SECONDS, return_when=FIRST_COMPLETED)
            self._collect(list(done))
            self._progress(self._shown, self._total)
            if time.monotonic() - self._saved_at > _SECONDS:
                self._save()

    def _collect(self, done: list[Future[Any]]) -> None:
        """What is done is kept, and what was waiting for it begins; raises what a task raised."""
        for part in self._keep([future for future in done if not _failed(future)]):
            self._left[part.target.name] -= 1
            if not self._left[part.target.name]:
                self._finish_target(part.target.name)
        for future in done:
            if self._running.pop(future, None) is not None:
                future.result()

    def _keep(self, done: list[Future[Any]]) -> list[Part]:
        """Returns the parts among what is done."""
        parts = []
        for future in done:
            what, result = self._running.pop(future), future.result()
            if isinstance(what, str):
                self.digests[what] = self._new_digests[what] = result
            else:
                parts.append(what)
        self._unsaved += parts
        read = sum(part.source_bytes for part in parts)
        self.read, self._shown = self.read + read, self._shown + read
        return parts

    def _finish_target(self, name: str) -> None:
        """All its parts are written: digests of its tensors, where they are not known yet."""
        for tensor in self._blueprint.tensors_of[name]:
            if tensor not in self.digests:
                place = self._blueprint.places[tensor]
                path = self._work.result / place.file
                future = self._pool.submit(digest_of_range, path, place.info.start, place.info.end)
                self._running[future] = tensor

    def _save(self) -> None:
        """Makes what was written safe on disk; then, and only then, says so in the journal."""
        self._saved_at = time.monotonic()
        if not self._unsaved and not self._new_digests:
            return
        parts, digests = self._unsaved, self._new_digests
        self._unsaved, self._new_digests = [], {}
        for file in {self._blueprint.places[part.target.name].file for part in parts}:
            os.fdatasync(self._results[file])
        self._work.journal.add({"parts": [part.index for part in parts], "digests": digests})


def _failed(future: Future[Any]) -> bool:
    """Of one that does not run any more."""
    return future.cancelled() or future.exception() is not None


def _write_known(blueprint: Blueprint, results: dict[str, int]) -> None:
    """What needs no source: headers, and tensors that are constants."""
    for file, (first, _) in blueprint.files.items():
        os.pwrite(results[file], first, 0)
    for tensor, content in blueprint.constants.items():
        place = blueprint.places[tensor]
        os.pwrite(results[place.file], content, place.info.start)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
