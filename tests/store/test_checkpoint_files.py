"""The index of a sharded checkpoint is held against its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from glmv_cli.errors import ModelError
from glmv_cli.store.checkpoint_files import INDEX, SINGLE, read_headers, read_weight_map


def write_shards(directory: Path, weight_map: object, shards: dict[str, list[str]]) -> None:
    (directory / INDEX).write_text(json.dumps({"weight_map": weight_map}))
    for file, names in shards.items():
        save_file({name: torch.ones(2) for name in names}, directory / file)


def test_one_file_needs_no_index(tmp_path: Path) -> None:
    save_file({"x": torch.ones(2)}, tmp_path / SINGLE)
    assert read_weight_map(tmp_path) is None
    assert list(read_headers(tmp_path)) == [SINGLE]


def test_shards_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    weight_map = {"y": "m-2.safetensors", "x": "m-1.safetensors"}
    write_shards(tmp_path, weight_map, {"m-1.safetensors": ["x"], "m-2.safetensors": ["y"]})
    assert list(read_headers(tmp_path)) == ["m-1.safetensors", "m-2.safetensors"]


def test_a_tensor_that_only_the_index_knows_is_named(tmp_path: Path) -> None:
    write_shards(tmp_path, {"y": "m.safetensors"}, {"m.safetensors": ["x"]})
    with pytest.raises(ModelError, match=r"m\.safetensors lacks the tensor 'y'"):
        read_headers(tmp_path)


def test_a_tensor_in_two_files_is_named(tmp_path: Path) -> None:
    weight_map = {"x": "a.safetensors", "y": "b.safetensors"}
    write_shards(tmp_path, weight_map, {"a.safetensors": ["x"], "b.safetensors": ["x", "y"]})
    with pytest.raises(ModelError, match=r"both hold the tensor 'x'"):
        read_headers(tmp_path)


@pytest.mark.parametrize(
    "weight_map", [None, {}, [], {"x": "../x.safetensors"}, {"x": "\0.safetensors"}, {"x": "x.bin"}, {"x": 3}]
)
def test_an_index_that_names_no_files_of_weights_is_refused(tmp_path: Path, weight_map: object) -> None:
    write_shards(tmp_path, weight_map, {})
    with pytest.raises(ModelError, match=r"index\.json"):
        read_headers(tmp_path)
