from __future__ import annotations

import os
from pathlib import Path

import pytest

from glmv_cli.errors import ModelError
from glmv_cli.store.models import ModelChoice, resolve_model


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    directory = tmp_path / "small-4bit"
    directory.mkdir()
    (directory / "config.json").write_text("{}")
    return directory


def test_without_a_wish_the_demo_answers() -> None:
    choice = resolve_model(None, {})
    assert (choice.name, choice.by_default) == ("demo", True)
    assert (choice.directory / "config.json").is_file()


@pytest.mark.parametrize(("name", "environ"), [("demo", {}), (None, {"GLMV_MODEL": "demo"})])
def test_the_demo_can_be_asked_for(name: str | None, environ: dict[str, str]) -> None:
    choice = resolve_model(name, environ)
    assert (choice.name, choice.by_default) == ("demo", False)


def test_an_empty_variable_is_no_wish() -> None:
    assert resolve_model(None, {"GLMV_MODEL": ""}).by_default


def test_a_directory_is_called_by_its_own_name(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ModelChoice("small-4bit", checkpoint, by_default=False)
    assert resolve_model(str(checkpoint), {}) == expected
    assert resolve_model(None, {"GLMV_MODEL": str(checkpoint)}) == expected
    monkeypatch.chdir(checkpoint)
    assert resolve_model(".", {}).name == "small-4bit"


def test_the_argument_wins_over_the_variable(checkpoint: Path) -> None:
    assert resolve_model(str(checkpoint), {"GLMV_MODEL": "demo"}).name == "small-4bit"
    assert resolve_model("demo", {"GLMV_MODEL": str(checkpoint)}).name == "demo"


def test_a_directory_called_demo_can_be_named_by_a_path(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.rename(checkpoint.parent / "demo")
    monkeypatch.chdir(checkpoint.parent)
    assert resolve_model(os.path.join(".", "demo"), {}).directory == checkpoint.parent / "demo"


def test_a_tilde_in_the_variable_is_the_home_directory(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(checkpoint.parent))
    assert resolve_model(None, {"GLMV_MODEL": "~/small-4bit"}).directory == checkpoint


@pytest.mark.parametrize("name", ["", "no-such-model", "organisation/model", "x" * 5000, "https://example.org/model"])
def test_anything_else_is_unknown(name: str) -> None:
    with pytest.raises(ModelError, match="unknown model") as caught:
        resolve_model(name, {})
    assert caught.value.hint is not None
    assert "'demo'" in caught.value.hint


def test_a_directory_without_a_config_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="it has no config"):
        resolve_model(str(tmp_path), {})


def test_a_file_is_no_checkpoint(checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="is a file"):
        resolve_model(str(checkpoint / "config.json"), {})


def test_the_variable_is_named_when_it_is_to_blame() -> None:
    with pytest.raises(ModelError, match="GLMV_MODEL"):
        resolve_model(None, {"GLMV_MODEL": "no-such-model"})
