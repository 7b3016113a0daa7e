"""A local checkpoint as a source."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from glmv_cli.errors import ModelError
from glmv_cli.model.source import LocalSource, ShardSource


def test_a_directory_is_a_source(original_directory: Path, tmp_path: Path) -> None:
    source: ShardSource = LocalSource.open(original_directory, "demo-bf16")
    assert source.name == "demo-bf16"
    assert source.config["model_type"] == "glm4v_moe"
    (shard,) = source.headers
    assert source.fetch(shard) == original_directory / "model.safetensors"
    source.release(shard)
    assert source.fetch(shard).exists()
    source.copy_small_files(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        file.name for file in original_directory.iterdir() if file.name not in ("config.json", "model.safetensors")
    }


def test_a_directory_without_weights_is_refused(original_directory: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"lacks model\.safetensors"):
        LocalSource.open(tmp_path)


def test_the_identity_changes_with_the_files(original_directory: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(original_directory, tmp_path / "copy")
    before = LocalSource.open(copy).identity
    assert LocalSource.open(copy).identity == before
    os.utime(copy / "model.safetensors", ns=(1, 1))
    assert LocalSource.open(copy).identity != before
