"""Headers are read and written as the library does; what is not whole is found, by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from glmv_cli.errors import ModelError
from glmv_cli.store.safetensors_header import build_header, parse_header, read_header

TENSORS = {
    "b.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "a.weight": torch.ones(4, dtype=torch.bfloat16),
    "packed": torch.arange(5, dtype=torch.uint8),
    "half": torch.ones(2, 2, dtype=torch.float16),
    "fp8": torch.ones(8).to(torch.float8_e4m3fn),
    "number": torch.tensor(7),
    "empty": torch.zeros(0, 3),
    "ümlaut": torch.zeros(1, dtype=torch.uint8),
}

ODD = {"scalar": ("F32", ()), "state": ("U8", (82,))}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file(TENSORS, path, metadata={"format": "pt"})
    return path


def test_every_tensor_is_where_the_header_says(file: Path) -> None:
    header, content = read_header(file), file.read_bytes()
    assert header.metadata == {"format": "pt"}
    assert set(header.tensors) == set(TENSORS)
    for name, info in header.tensors.items():
        assert info.shape == tuple(TENSORS[name].shape)
        assert info.elements == TENSORS[name].numel()
        assert content[info.start : info.end] == TENSORS[name].flatten().view(torch.uint8).numpy().tobytes()


def test_what_is_built_is_what_the_library_reads(file: Path, tmp_path: Path) -> None:
    read = read_header(file)
    start, built = build_header({name: (info.dtype, info.shape) for name, info in read.tensors.items()}, read.metadata)
    data = [TENSORS[name].flatten().view(torch.uint8).numpy().tobytes() for name in built.tensors]
    other = tmp_path / "other.safetensors"
    other.write_bytes(start + b"".join(data))
    assert read_header(other) == built
    found = load_file(other)
    assert set(found) == set(TENSORS)
    assert all(found[name].equal(tensor) for name, tensor in TENSORS.items() if tensor.dtype != torch.float8_e4m3fn)


@given(st.dictionaries(st.text(min_size=1), st.tuples(st.sampled_from(["F32", "BF16", "U8"]), st.integers(0, 200))))
def test_weights_begin_with_a_line_of_a_cache(sizes: dict[str, tuple[str, int]]) -> None:
    _, header = build_header({name: (dtype, (64 * size,)) for name, (dtype, size) in sizes.items()} | ODD, {})
    *whole, _, _ = header.tensors.values()
    assert all(info.start % 64 == 0 for info in whole)
    assert [info.dtype for info in whole] == sorted((info.dtype for info in whole), key=["F32", "BF16", "U8"].index)
    assert list(header.tensors)[-2:] == list(ODD)


@given(st.integers(min_value=0))
def test_a_file_cut_anywhere_is_refused_by_name(cut: int) -> None:
    start, _ = build_header({"x": ("F32", (16,)), "y": ("U8", (3,))}, {"format": "pt"})
    whole = start + bytes(64 + 3)
    part = whole[: cut % len(whole)]
    with pytest.raises(ModelError, match=r"some\.safetensors"):
        parse_header(part, len(part), "some.safetensors")


def _file_of(content: object, data: int = 0) -> bytes:
    text = json.dumps(content).encode()
    return len(text).to_bytes(8, "little") + text + bytes(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_file_of([1, 2]), "not a safetensors file"),
        (b"PK\x03\x04" + bytes(100), "not a safetensors file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "not a safetensors file"),
        (_file_of({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, 9), "belong to no tensor"),
        (_file_of({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, 4), "do not fit"),
        (_file_of({"x": {"dtype": "Q4", "shape": [2], "data_offsets": [0, 4]}}, 4), "unknown type 'Q4'"),
        (_file_of({"x": {"dtype": "U8", "shape": [-2], "data_offsets": [0, 4]}}, 4), "no number"),
        (_file_of({"x": {"dtype": "U8", "shape": [4]}}, 4), "not described"),
        (_file_of({"x": 4}, 4), "not described"),
        (_file_of({"x": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}, 6), "does not begin where"),
        (_file_of({"__metadata__": 3}), "metadata"),
    ],
)
def test_what_makes_no_sense_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        parse_header(content, len(content), "some.safetensors")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks model-00002\.safetensors"):
        read_header(tmp_path / "model-00002.safetensors")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        read_header(tmp_path)
