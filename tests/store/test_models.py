from __future__ import annotations

import os
from pathlib import Path

import pytest

from glmv_cli.errors import ModelError
from glmv_cli.store.models import ModelChoice, resolve_model
from glmv_cli.store.registry import Origin, write_origin


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


def test_the_demo_can_be_asked_for() -> None:
    choice = resolve_model("demo", {})
    assert (choice.name, choice.by_default) == ("demo", False)


def test_a_directory_is_called_by_its_own_name(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ModelChoice("small-4bit", checkpoint, by_default=False)
    assert resolve_model(str(checkpoint), {}) == expected
    monkeypatch.chdir(checkpoint)
    assert resolve_model(".", {}).name == "small-4bit"


def test_a_directory_called_demo_can_be_named_by_a_path(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.rename(checkpoint.parent / "demo")
    monkeypatch.chdir(checkpoint.parent)
    assert resolve_model(os.path.join(".", "demo"), {}).directory == checkpoint.parent / "demo"


def test_a_tilde_is_the_home_directory(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(checkpoint.parent))
    assert resolve_model("~/small-4bit", {}).directory == checkpoint


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


def test_who_names_an_unknown_model_is_told() -> None:
    with pytest.raises(ModelError, match="GLMV_MODEL names it"):
        resolve_model("no-such-model", {}, "GLMV_MODEL")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a home with a model ``glm-4.5v`` and an unfinished ``glm-4.6v``, both from a hub."""
    models = tmp_path / "home" / "models"
    for directory, repo in ((models / "glm-4.5v", "zai-org/GLM-4.5V"), (models / ".incomplete/glm-4.6v", "z/GLM-4.6V")):
        directory.mkdir(parents=True)
        write_origin(directory, Origin(repo, "main", "c0ffee"))
    (models / "glm-4.5v" / "config.json").write_text("{}")
    (models / "glm-4.5v" / "manifest.json").write_text('{"source": "zai-org/GLM-4.5V", "revision": "c0ffee"}')
    return {"GLMV_HOME": str(tmp_path / "home")}


@pytest.mark.parametrize("name", ["glm-4.5v", "GLM-4.5V", "zai-org/GLM-4.5V"])
def test_a_model_that_is_kept_is_found_by_its_name_and_its_repository(name: str, home: dict[str, str]) -> None:
    expected = ModelChoice("glm-4.5v", Path(home["GLMV_HOME"]) / "models" / "glm-4.5v", by_default=False)
    assert resolve_model(name, home) == expected


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("glm-4.5", "did you mean 'glm-4.5v'?"),
        ("demmo", "did you mean 'demo'?"),
        ("glm-4.6v", "go on with 'glmv pull z/GLM-4.6V --name glm-4.6v'"),
        ("z/GLM-4.6V", "go on with 'glmv pull z/GLM-4.6V --name glm-4.6v'"),
        ("zai-org/GLM-4.1V-9B-Thinking", "'glmv pull zai-org/GLM-4.1V-9B-Thinking'"),
        ("../models", "known are"),
    ],
)
def test_the_hint_says_what_may_be_meant(name: str, hint: str, home: dict[str, str]) -> None:
    with pytest.raises(ModelError, match="unknown model") as caught:
        resolve_model(name, home)
    assert hint in str(caught.value.hint)
