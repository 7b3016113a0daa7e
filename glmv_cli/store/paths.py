"""Where the configuration and the models are kept.

``GLMV_HOME`` is the directory for both; without it, the platform says, on Linux by ``XDG_CONFIG_HOME`` and
``XDG_DATA_HOME``. Nothing is created by asking.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from glmv_cli.errors import GlmvError

HOME = "GLMV_HOME"
"""The environment variable that names the directory for everything that glmv keeps."""

_ELSEWHERE = f"name a directory that you can write to in {HOME}"


def config_path(environ: Mapping[str, str]) -> Path | None:
    """The configuration file, whether or not it exists; ``None`` if there is no home directory."""
    directory = _home(environ) or _of_platform("user_config_path")
    return None if directory is None else directory / "config.toml"


def models_path(environ: Mapping[str, str]) -> Path | None:
    """The directory of the models, whether or not it exists; ``None`` if there is no home directory."""
    directory = data_path(environ)
    return None if directory is None else directory / "models"


def data_path(environ: Mapping[str, str]) -> Path | None:
    """The directory of all that is no setting, whether or not it exists; ``None`` if there is no home directory."""
    return _home(environ) or _of_platform("user_data_path")


def history_path(environ: Mapping[str, str]) -> Path | None:
    """The file of the history, whether or not it exists; ``None`` if there is no home directory."""
    directory = data_path(environ)
    return None if directory is None else directory / "history.db"


def existing_home(path: Path | None, what: str) -> Path:
    """``path`` for something that shall be written. Raises :class:`GlmvError` if there is no home directory."""
    if path is None:
        raise GlmvError(f"there is no home directory to keep {what} in", _ELSEWHERE)
    return path


def make_directory(path: Path) -> None:
    """Create ``path`` with its parents. Raises :class:`GlmvError` if the system refuses."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> GlmvError:
    """What is said when something that glmv keeps cannot be written."""
    return GlmvError(f"cannot write {path}: {error.strerror or error}", _ELSEWHERE)


def _home(environ: Mapping[str, str]) -> Path | None:
    named = environ.get(HOME)
    return Path(os.path.abspath(os.path.expanduser(named))) if named else None


def _of_platform(which: Literal["user_config_path", "user_data_path"]) -> Path | None:
    import platformdirs  # 10 ms

    try:
        path: Path = getattr(platformdirs, which)("glmv", appauthor=False)
    except RuntimeError:  # no home directory; older versions return a path that begins with ~
        return None
    return path if path.is_absolute() else None
