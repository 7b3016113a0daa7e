"""Tensors of a mapped file are its bytes, and its memory can be given back."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch

from glmv_cli.errors import ModelError
from glmv_cli.model.mapped import MappedFile, Range
from tests.model.offload.resident import mapped_bytes

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights"
    path.write_bytes(bytes(range(256)) * 16 * 64 + b"tail")  # 64 pages and a bit
    return path


def test_a_tensor_is_what_the_file_holds_there(file: Path) -> None:
    tensor = MappedFile(file).tensor(2, (2, 3), torch.uint8)
    assert tensor.tolist() == [[2, 3, 4], [5, 6, 7]]
    assert MappedFile(file).tensor(4, (1,), torch.float32).numpy().tobytes() == bytes([4, 5, 6, 7])


def test_a_tensor_outlives_the_object_that_gave_it(file: Path) -> None:
    tensor = MappedFile(file).tensor(0, (256,), torch.uint8)
    gc.collect()
    assert int(tensor.sum()) == sum(range(256))


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(0, 1, (0, 10)), (9, 11, (0, 20)), (10, 20, (10, 20)), (15, 15, (10, 20))]
)
def test_a_range_is_held_by_whole_units(start: int, end: int, expected: tuple[int, int]) -> None:
    assert Range(start, end).rounded(10) == Range(*expected)


@pytest.mark.parametrize("part", [Range(0, 64 * PAGE + 4), Range(100, 40 * PAGE), Range(64 * PAGE, 64 * PAGE + 4)])
def test_what_was_dropped_is_not_in_memory_and_can_be_read_again(file: Path, part: Range) -> None:
    mapped = MappedFile(file)
    mapped.read_by_parts()
    tensor = mapped.tensor(0, (64 * PAGE + 4,), torch.uint8)
    mapped.will_need(part)
    before = tensor.sum()
    assert mapped_bytes(file) >= 64 * PAGE
    mapped.drop(part)
    assert mapped_bytes(file) <= 65 * PAGE - (part.end - part.start)
    assert tensor.sum() == before


def test_a_file_larger_than_the_memory_is_mapped(tmp_path: Path) -> None:
    size = 1 << 42  # 4 TiB, none of it on the disk
    path = tmp_path / "large"
    with path.open("wb") as file:
        try:
            file.truncate(size)
        except OSError:
            pytest.skip("the file system takes no such file")
    mapped = MappedFile(path).tensor(0, (size,), torch.uint8)
    assert len(mapped) == size
    assert mapped[size - 1] == 0


@pytest.mark.parametrize("name", ["none", "empty"])
def test_a_file_that_cannot_be_mapped_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ModelError, match=f"cannot read .*{name}"):
        MappedFile(tmp_path / name)
