"""``config.toml``: read as plain values, written without losing what a person wrote there."""

from __future__ import annotations

import sys
from pathlib import Path

from glmv_cli.errors import UsageError
from glmv_cli.store.paths import cannot_write, make_directory
from glmv_cli.store.whole_file import replace_file


def read_config(path: Path | None) -> dict[str, object]:
    """What the file at ``path`` holds; nothing if there is no such file.

    Raises :class:`UsageError` if it cannot be read or is not TOML.
    """
    text = _read(path) if path is not None else ""
    if not text.strip():
        return {}
    try:
        if sys.version_info >= (3, 11):
            import tomllib

            return tomllib.loads(text)
        import tomlkit

        return tomlkit.parse(text).unwrap()
    except ValueError as error:  # TOMLDecodeError, and tomlkit's ParseError
        raise _not_toml(path, error) from error


def write_setting(path: Path, key: str, value: str | bool | None) -> None:
    """Set one ``key`` in the file at ``path``, which is created if need be, or take it out; everything else stays.

    Raises :class:`UsageError` if the file is not TOML or ``value`` cannot stand in one, and :class:`GlmvError` if the
    file cannot be written.
    """
    import tomlkit  # 40 ms

    try:
        document = tomlkit.parse(_read(path))
    except ValueError as error:
        raise _not_toml(path, error) from error
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value
    try:
        content = tomlkit.dumps(document).encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{key} cannot be '{value}' in {path}: that is no valid Unicode", "rename it") from error
    make_directory(path.parent)
    try:
        replace_file(path, content)
    except OSError as error:
        raise cannot_write(path, error) from error


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "make the file readable") from error
    except UnicodeDecodeError as error:
        raise _not_toml(path, error) from error


def _not_toml(path: Path | None, error: ValueError) -> UsageError:
    return UsageError(f"{path} is not valid TOML: {error}", "correct the file")
