from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.errors import GlmvError
from glmv_cli.store.paths import config_path, existing_home, make_directory, models_path


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/elsewhere")
    environ = {"GLMV_HOME": str(tmp_path / "new")}
    assert config_path(environ) == tmp_path / "new" / "config.toml"
    assert models_path(environ) == tmp_path / "new" / "models"
    assert not (tmp_path / "new").exists()


def test_it_may_be_a_relative_path_or_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models_path({"GLMV_HOME": "here"}) == tmp_path / "here" / "models"
    assert models_path({"GLMV_HOME": "~/there"}) == tmp_path / "there" / "models"


def test_without_it_the_platform_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    for environ in ({}, {"GLMV_HOME": ""}):
        assert config_path(environ) == tmp_path / "c" / "glmv" / "config.toml"
        assert models_path(environ) == tmp_path / "d" / "glmv" / "models"


def test_without_a_home_directory_there_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(user: int) -> None:
        raise KeyError(user)

    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)  # as in a container that runs as a user of no name
    assert config_path({}) is None
    assert models_path({}) is None
    with pytest.raises(GlmvError, match="no home directory to keep models in") as caught:
        existing_home(None, "models")
    assert "GLMV_HOME" in str(caught.value.hint)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GlmvError, match=r"cannot write .*/file/models: Not a directory"):
        make_directory(tmp_path / "file" / "models")
