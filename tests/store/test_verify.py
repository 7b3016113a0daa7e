"""Damage to a 4-bit checkpoint is found, by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from glmv_cli.errors import ModelError
from glmv_cli.store.checkpoint_files import SINGLE, read_headers
from glmv_cli.store.manifest import MANIFEST, Manifest, read_manifest
from glmv_cli.store.verify import verify

LINEAR = "model.language_model.layers.1.self_attn.q_proj.weight"


@pytest.fixture
def copy(demo_directory: Path, tmp_path: Path) -> Path:
    return shutil.copytree(demo_directory, tmp_path / "demo")


def problems(directory: Path) -> list[str]:
    manifest = read_manifest(directory)
    assert manifest is not None
    return verify(directory, read_headers(directory), manifest, lambda done, total: None)


def test_the_shipped_demo_is_whole(demo_directory: Path) -> None:
    assert problems(demo_directory) == []


def test_progress_ends_with_all_bytes(demo_directory: Path) -> None:
    heard: list[tuple[int, int]] = []
    manifest = read_manifest(demo_directory)
    assert manifest is not None
    headers = read_headers(demo_directory)
    verify(demo_directory, headers, manifest, lambda done, total: heard.append((done, total)))
    size = (demo_directory / SINGLE).stat().st_size - headers[SINGLE].size
    assert heard[-1] == (size, size)


def test_one_changed_bit_is_found(copy: Path) -> None:
    info = read_headers(copy)[SINGLE].tensors[LINEAR]
    with (copy / SINGLE).open("r+b") as file:
        file.seek(info.start + 17)
        byte = file.read(1)[0]
        file.seek(info.start + 17)
        file.write(bytes([byte ^ 4]))
    (problem,) = problems(copy)
    assert problem.startswith(LINEAR)
    assert SINGLE in problem


def test_a_changed_type_is_found(copy: Path) -> None:
    content = (copy / SINGLE).read_bytes()
    (copy / SINGLE).write_bytes(content.replace(b'"BF16"', b'"F16" ', 1))
    assert problems(copy) == [f"{SINGLE}: its list of tensors is not what was written"]


def test_changed_and_missing_small_files_are_found(copy: Path) -> None:
    (copy / "config.json").write_text((copy / "config.json").read_text() + "\n")
    (copy / "tokenizer.json").unlink()
    assert problems(copy) == ["config.json: it is not what was written", "tokenizer.json: missing"]


def test_tensors_that_come_and_go_are_found(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["tensors"]["more"] = manifest["tensors"].pop(LINEAR)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    assert problems(copy) == ["more: missing", f"{LINEAR}: not in the manifest"]


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = Manifest("org/name", "abc", True, {"a": "1"}, {"b": "2"})
    manifest.write(tmp_path)
    assert read_manifest(tmp_path) == manifest


def test_no_manifest_is_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        *('{"format": 99}', '{"format": 1}', "{}", '{"format": 1, "source": 3, "tensors": 4}', "[" * 100_000),
        json.dumps(
            {"format": 1, "source": "s", "revision": None, "search": False, "files": {"../x": ""}, "tensors": {}}
        ),
    ],
    ids=range(6),
)
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(ModelError, match=MANIFEST):
        read_manifest(tmp_path)
