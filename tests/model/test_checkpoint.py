"""Tensors of a checkpoint are its files, mapped: nothing is copied, and nobody can write to them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from glmv_cli.errors import ModelError
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.store.safetensors_header import build_header


def test_tensors_are_those_of_the_file(demo_directory: Path) -> None:
    stored = load_file(demo_directory / "model.safetensors")
    read = Checkpoint.open(demo_directory).read(stored)
    assert all(torch.equal(read[name], tensor) for name, tensor in stored.items())
    assert {name: t.dtype for name, t in read.items()} == {name: t.dtype for name, t in stored.items()}


def test_tensors_of_a_file_share_one_mapping(demo_directory: Path) -> None:
    checkpoint = Checkpoint.open(demo_directory)
    tensors = checkpoint.read(checkpoint.files)
    assert len({tensor.untyped_storage().data_ptr() for tensor in tensors.values()}) == 1
    name, tensor = next(iter(tensors.items()))
    start = checkpoint.infos[name].start
    assert tensor.data_ptr() == tensor.untyped_storage().data_ptr() + start


def test_tensors_at_odd_places_are_copied_to_even_ones(tmp_path: Path) -> None:
    """Others need not align them: here a byte lies before a float32."""
    (tmp_path / "config.json").write_text("{}")
    text = b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}'
    data = bytes([7]) + torch.tensor([1.5, -2.0]).numpy().tobytes()
    (tmp_path / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    read = Checkpoint.open(tmp_path).read(["a", "b"])
    assert read["a"].tolist() == [7]
    assert read["b"].tolist() == [1.5, -2.0]


def test_types_that_no_4_bit_checkpoint_has_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    prefix, _ = build_header({"w": ("F8_E4M3", (4,))}, {})
    (tmp_path / "model.safetensors").write_bytes(prefix + bytes(4))
    with pytest.raises(ModelError, match=r"'w' has the type F8_E4M3"):
        Checkpoint.open(tmp_path).read(["w"])


def test_a_tensor_without_elements_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    save_file({"w": torch.zeros(0, 3)}, tmp_path / "model.safetensors")
    assert Checkpoint.open(tmp_path).read(["w"])["w"].shape == (0, 3)


def test_a_tensor_that_is_not_there_is_named(demo_directory: Path) -> None:
    with pytest.raises(ModelError, match="lacks the tensor 'stranger'"):
        Checkpoint.open(demo_directory).read(["stranger"])
