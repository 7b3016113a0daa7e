"""Where a directory is built that must never look complete before it is: beside its final place, under lock and key.

::

    NAME.partial/            locked by the process that works on it
    ├── journal.jsonl        what is done
    └── result/              renamed to NAME when everything is
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glmv_cli.errors import DiskFullError, GlmvError, UsageError
from glmv_cli.store.journal import Journal
from glmv_cli.store.manifest import MANIFEST
from glmv_cli.units import format_bytes

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_PREALLOCATION = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


class Workplace:
    """``result``: the directory that is built. Made by :func:`open_workplace`."""

    def __init__(self, target: Path, directory: Path, lock: int, journal: Journal) -> None:
        self.result = directory / "result"
        self.journal = journal
        self._target = target
        self._directory = directory
        self._lock = lock

    def allocate(self, files: Iterable[tuple[str, int]], spare: int) -> None:
        """Takes the room for files of so many bytes; what is in them already stays. ``spare`` must be left besides.

        Raises :class:`DiskFullError` if there is not enough.
        """
        sizes = dict(files)
        if self.journal.entries and not all(_size(self.result / name) == size for name, size in sizes.items()):
            self.journal.begin(self.journal.subject or "")  # somebody deleted files: nothing is done any more
        there = {name: _blocks(self.result / name) for name in sizes}
        lacking = sum(max(0, size - there[name]) for name, size in sizes.items())
        lacking += spare
        free = shutil.disk_usage(self.result).free
        if lacking > free:
            raise DiskFullError(
                f"{self._target} needs {format_bytes(lacking)} on the disk, where {format_bytes(free)} are free",
                f"make room for {lacking - free:,} bytes and run the same command again, or choose another place",
            )
        for name, size in sizes.items():
            _allocate(self.result / name, size)
        _sync(self.result)  # or else, after a power failure, the journal may speak of files that are not there

    def publish(self, *, replace: bool) -> None:
        """Puts the result in its place, in one step, once it is safe on disk. ``replace``: what is there goes."""
        for path in self.result.iterdir():
            _sync(path)
        _sync(self.result)
        old = self._directory / "replaced"
        if replace and self._target.exists():
            os.rename(self._target, old)
        os.rename(self.result, self._target)
        _sync(self._target.parent)
        self.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def close(self) -> None:
        """Lets others work here. Everything stays as it is."""
        if self._lock >= 0:
            self.journal.close()
            os.close(self._lock)
            self._lock = -1


@contextmanager
def open_workplace(target: Path, subject: str, *, force: bool) -> Iterator[Workplace]:
    """The place where ``target`` is built, with what is done already of the same ``subject``.

    ``force``: a complete ``target`` may be there, and what was begun for another subject is thrown away.

    Raises:
        UsageError: there is something at ``target``, or the work begun there is another.
        GlmvError: another process is at it.
    """
    check_target(target, force=force)
    target.parent.mkdir(parents=True, exist_ok=True)
    directory = workplace_of(target)
    directory.mkdir(exist_ok=True)
    lock = _lock(directory, target)
    try:
        check_target(target, force=force)  # perhaps it was completed in the meantime
        journal = Journal(directory / "journal.jsonl")
    except BaseException:
        os.close(lock)
        raise
    work = Workplace(target, directory, lock, journal)
    try:
        if journal.subject != subject or not work.result.is_dir():
            if journal.subject not in (None, subject) and not force:
                raise UsageError(
                    f"{directory} was begun from another source, another state of it, or with other options",
                    "give what it was begun with, or --force to throw it away and begin again",
                )
            shutil.rmtree(work.result, ignore_errors=True)
            shutil.rmtree(directory / "replaced", ignore_errors=True)
            work.result.mkdir()
            journal.begin(subject)
        yield work
    finally:
        work.close()


def workplace_of(target: Path) -> Path:
    """The directory in which work on ``target`` is done."""
    return target.with_name(target.name + ".partial")


def is_busy(target: Path) -> bool:
    """Whether a process is building ``target``."""
    directory = workplace_of(target)
    if not directory.is_dir():
        return False
    try:
        os.close(_lock(directory, target))
    except GlmvError:
        return True
    return False


def check_idle(target: Path) -> None:
    """Raises :class:`GlmvError` if a process is building ``target``: early, before anything of it is touched."""
    if is_busy(target):
        raise _busy(target)


def _busy(target: Path) -> GlmvError:
    return GlmvError(f"another process is writing {target}", "wait until it is done")


def check_target(target: Path, *, force: bool) -> None:
    """Raises :class:`UsageError` if nothing may be built at ``target``."""
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir() or target.is_symlink():
        raise UsageError(f"{target} is there already, and is no directory", "choose another name")
    if (target / MANIFEST).is_file():
        if not force:
            raise UsageError(f"{target} is there already, and complete", "--force replaces it")
    elif any(target.iterdir()):
        raise UsageError(f"{target} is there already, and is not empty", "choose another name")


@contextmanager
def explaining_full_disks(target: Path) -> Iterator[None]:
    """Turns the operating system's word for a full disk into ours: running again goes on."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFullError(
            f"no room left on the disk for {target}",
            "make room and run the same command again: it goes on where it stopped",
        ) from error


def _lock(directory: Path, target: Path) -> int:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), directory.stat()):
            raise FileNotFoundError
    except (BlockingIOError, FileNotFoundError):
        os.close(descriptor)
        raise _busy(target) from None
    return descriptor


def _allocate(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            os.posix_fallocate(descriptor, 0, max(1, size))
        except OSError as error:
            if error.errno not in _NO_PREALLOCATION:
                raise
        os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def _blocks(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
