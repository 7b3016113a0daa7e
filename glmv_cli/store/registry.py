"""The models that glmv keeps: a directory each, below the directory of models, under the name a user says.

``NAME/`` is a whole checkpoint. ``.incomplete/NAME/`` is one that a ``glmv pull`` has begun and not finished; it takes
the place of ``NAME/`` in one step at the end.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from glmv_cli.errors import GlmvError, ModelError, UsageError
from glmv_cli.store.json_files import read_json
from glmv_cli.store.manifest import MANIFEST
from glmv_cli.store.paths import cannot_write
from glmv_cli.store.workplace import is_busy

DEMO = "demo"
"""The name of the model that is shipped inside the package."""

_INCOMPLETE = ".incomplete"
_RESULT = "model"
_ORIGIN = "glmv-origin.json"
# What every file system takes, and no shell has to quote.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REPO = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model came from: a repository of a hub, the revision that was asked for, the commit that this was.

    A complete model knows its commit only.
    """

    repo: str
    revision: str
    commit: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that is kept. ``complete`` is false for one whose ``glmv pull`` is not finished."""

    name: str
    directory: Path
    complete: bool
    origin: Origin | None

    def size(self) -> int:
        """Bytes of all its files."""
        total = 0
        for folder, _, names in os.walk(self.directory):
            for name in names:
                with suppress(FileNotFoundError):  # a file of a pull that is going on
                    total += os.lstat(os.path.join(folder, name)).st_size
        return total


@dataclass(frozen=True, slots=True)
class Registry:
    """The directory of models; it need not exist. ``root`` is ``None`` where there is no home directory."""

    root: Path | None

    def entries(self) -> list[Entry]:
        """Every model by name, complete ones first. What is no model of ours is left out."""
        return [_entry(path, True) for path in self._complete()] + [_entry(path, False) for path in self._incomplete()]

    def names(self, incomplete: bool = False) -> list[str]:
        """What the models are called, without opening a file of theirs; unfinished ones too, if asked."""
        paths = self._complete() + (self._incomplete() if incomplete else [])
        return [path.name for path in paths]

    def named(self, name: str) -> Entry | None:
        """The complete model of that name, in any case of letters."""
        return next((e for e in self.entries() if e.complete and e.name.lower() == name.lower()), None)

    def find(self, wanted: str, complete: bool = True) -> Entry | None:
        """The model of that name, or else the one that was pulled from that repository, in any case of letters."""
        entries = [entry for entry in self.entries() if entry.complete == complete]
        named = [entry for entry in entries if entry.name.lower() == wanted.lower()]
        pulled = [entry for entry in entries if entry.origin and entry.origin.repo.lower() == wanted.lower()]
        return next(iter(named + pulled), None)

    def place(self, name: str) -> Path:
        """Where the model called ``name`` is kept. Raises :class:`ModelError` where there is no home directory."""
        return self._root() / checked_name(name)

    def workplace(self, name: str) -> Path:
        """Where it is made, until it is complete."""
        return self._root() / _INCOMPLETE / checked_name(name)

    def result(self, name: str) -> Path:
        """The 4-bit checkpoint in its workplace."""
        return self.workplace(name) / _RESULT

    def remove(self, entry: Entry) -> None:
        """Delete the files of a model, and of nothing else: a link is removed, not what it points to.

        Raises :class:`GlmvError` if the system refuses, or another process is making it.
        """
        directory = entry.directory
        assert directory.parent in (self._root(), self._root() / _INCOMPLETE)
        if is_busy(directory / _RESULT):
            raise GlmvError(f"another process is making {entry.name}", "stop that one first")
        try:
            if directory.is_symlink():
                directory.unlink()
                return
            if entry.complete:
                # config.json first: what is left of a removal that was cut off is no model any more.
                (directory / "config.json").unlink()
            shutil.rmtree(directory)
        except OSError as error:
            raise cannot_write(directory, error) from error

    def _complete(self) -> list[Path]:
        paths = [] if self.root is None else _directories(self.root)
        return [path for path in paths if (path / "config.json").is_file()]

    def _incomplete(self) -> list[Path]:
        return [] if self.root is None else _directories(self.root / _INCOMPLETE)

    def _root(self) -> Path:
        if self.root is None:
            raise ModelError("there is no home directory to keep models in", "name a directory in GLMV_HOME")
        return self.root


def is_repo(name: str) -> bool:
    """Whether ``name`` is one as repositories on a hub have, and no path: ``zai-org/GLM-4.5V``."""
    return _REPO.fullmatch(name) is not None and ".." not in name and "--" not in name


def name_of_repo(repo: str) -> str:
    """What a repository's model is called: ``zai-org/GLM-4.5V`` → ``glm-4.5v``."""
    return checked_name(repo.rsplit("/", 1)[-1].lower())


def checked_name(name: str) -> str:
    """``name``, if a model can be called that. Raises :class:`UsageError` if not."""
    if not _NAME.fullmatch(name) or name.lower() == DEMO:
        raise UsageError(
            f"a model cannot be called '{name}'",
            "names are of letters, digits, dots, dashes and underscores, 'demo' is taken; choose one with --name",
        )
    return name


def write_origin(directory: Path, origin: Origin) -> None:
    """Note in ``directory`` where its model came from."""
    import json

    content = {"repo": origin.repo, "revision": origin.revision, "commit": origin.commit}
    scratch = directory / f"{_ORIGIN}.new"
    try:
        scratch.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(scratch, directory / _ORIGIN)
    except OSError as error:
        raise cannot_write(directory / _ORIGIN, error) from error


def read_origin(directory: Path) -> Origin | None:
    """What :func:`write_origin` noted; ``None`` if there is nothing that makes sense."""
    try:
        content = read_json(directory / _ORIGIN, default={})
        return Origin(str(content["repo"]), str(content["revision"]), str(content["commit"]))
    except (ModelError, KeyError):
        return None


def _entry(directory: Path, complete: bool) -> Entry:
    return Entry(directory.name, directory, complete, _pulled(directory) if complete else read_origin(directory))


def _pulled(directory: Path) -> Origin | None:
    """What the manifest of a complete checkpoint says about the repository that it was made from."""
    try:
        manifest = read_json(directory / MANIFEST, default={})
    except ModelError:
        return None
    repo, commit = manifest.get("source"), manifest.get("revision")
    return Origin(repo, commit, commit) if isinstance(repo, str) and isinstance(commit, str) else None


def _directories(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if _NAME.fullmatch(path.name) and path.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ModelError(f"cannot read {parent}: {error.strerror or error}", "make the directory readable") from error
