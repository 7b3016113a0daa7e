from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmv_cli.errors import GlmvError, ModelError, UsageError
from glmv_cli.store.registry import Origin, Registry, checked_name, is_repo, name_of_repo, read_origin, write_origin
from glmv_cli.store.workplace import open_workplace

ORIGIN = Origin("zai-org/GLM-4.5V", "main", "c0ffee")


def add(registry: Registry, name: str, content: str = "{}") -> Path:
    assert registry.root is not None
    directory = registry.root / name
    directory.mkdir(parents=True)
    (directory / "config.json").write_text(content)
    return directory


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def test_at_first_there_is_nothing(registry: Registry) -> None:
    assert registry.entries() == []
    assert Registry(None).entries() == []
    assert registry.find("demo") is None


def test_models_are_listed_by_name_and_unfinished_ones_last(registry: Registry) -> None:
    manifest = {"source": "zai-org/GLM-4.5V", "revision": "c0ffee"}
    (add(registry, "b") / "manifest.json").write_text(json.dumps(manifest))
    write_origin(add(registry, ".incomplete/a"), ORIGIN)
    add(registry, ".incomplete/x")
    for name, content in (("c", '{"source": "/a/directory", "revision": null}'), ("d", "no JSON")):
        (add(registry, name) / "manifest.json").write_text(content)
    listed = [(entry.name, entry.complete, entry.origin) for entry in registry.entries()]
    pulled = Origin("zai-org/GLM-4.5V", "c0ffee", "c0ffee")
    assert listed == [
        ("b", True, pulled),
        ("c", True, None),
        ("d", True, None),
        ("a", False, ORIGIN),
        ("x", False, None),
    ]


def test_names_are_those_of_complete_models_and_of_others_if_asked(registry: Registry) -> None:
    add(registry, "b")
    add(registry, ".incomplete/a")
    add(registry, ".hidden")
    assert registry.names() == ["b"]
    assert registry.names(incomplete=True) == ["b", "a"]
    assert Registry(None).names() == []


def test_what_is_no_model_is_not_listed(registry: Registry) -> None:
    directory = add(registry, "model")
    (directory / "config.json").unlink()
    add(registry, ".hidden")
    (registry.place("file")).write_text("")
    assert registry.entries() == []


def test_a_model_has_the_size_of_its_files(registry: Registry) -> None:
    directory = add(registry, "model", "{}\n")
    (directory / "sub").mkdir()
    (directory / "sub" / "x").write_bytes(bytes(100))
    assert registry.entries()[0].size() == 103


def test_a_model_has_a_size_while_its_files_come_and_go(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    add(registry, ".incomplete/model", "{}\n")
    (entry,) = registry.entries()
    monkeypatch.setattr("os.walk", lambda top: [(top, [], ["config.json", "gone.safetensors"])])
    assert entry.size() == 3


def test_what_another_process_is_making_is_not_removed(registry: Registry) -> None:
    directory = add(registry, ".incomplete/model")
    (entry,) = registry.entries()
    with open_workplace(registry.result("model"), "a subject", force=False):
        with pytest.raises(GlmvError, match="another process is making model"):
            registry.remove(entry)
        assert (directory / "config.json").exists()
    registry.remove(entry)
    assert not directory.exists()


@pytest.mark.parametrize("name", ["zai-org/GLM-4.5V", "a/b", "_a/b_c"])
def test_what_a_repository_may_be_called(name: str) -> None:
    assert is_repo(name)


@pytest.mark.parametrize(
    "name", ["", "a", "a/b/c", "./a", "a/.b", "../a", "a/..", "-a/b", "a--b/c", "/a/b", "a/é", "a/b\n"]
)
def test_what_is_a_path_or_nothing_is_no_repository(name: str) -> None:
    assert not is_repo(name)


def test_removing_takes_the_whole_directory_and_nothing_else(registry: Registry) -> None:
    add(registry, "model")
    other = add(registry, "other")
    entry = registry.find("model")
    assert entry is not None
    registry.remove(entry)
    assert registry.find("model") is None
    assert not entry.directory.exists()
    assert other.exists()


def test_removing_a_link_leaves_what_it_points_to(registry: Registry, tmp_path: Path) -> None:
    elsewhere = add(Registry(tmp_path), "elsewhere")
    add(registry, "other")
    registry.place("model").symlink_to(elsewhere)
    entry = registry.find("model")
    assert entry is not None
    registry.remove(entry)
    assert (elsewhere / "config.json").exists()
    assert registry.find("model") is None


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "demo", "Demo", "x" * 101])
def test_names_that_no_model_can_have(registry: Registry, name: str) -> None:
    for attempt in (checked_name, registry.place, registry.workplace):
        with pytest.raises(UsageError, match="cannot be called"):
            attempt(name)


@pytest.mark.parametrize(
    ("repo", "name"), [("zai-org/GLM-4.5V", "glm-4.5v"), ("gpt2", "gpt2"), ("o/GLM_4.1V-9B", "glm_4.1v-9b")]
)
def test_a_repository_gives_its_model_a_name(repo: str, name: str) -> None:
    assert name_of_repo(repo) == name


@pytest.mark.parametrize("content", ["", "[]", '{"repo": "x"}'])
def test_an_origin_that_makes_no_sense_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "glmv-origin.json").write_text(content)
    assert read_origin(tmp_path) is None


def test_without_a_home_directory_nothing_can_be_kept() -> None:
    with pytest.raises(ModelError, match="no home directory"):
        Registry(None).place("model")


def test_an_origin_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(GlmvError, match="cannot write"):
        write_origin(tmp_path / "none", ORIGIN)
