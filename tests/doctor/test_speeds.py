"""Measuring ends, and gives a number where there is something to measure."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glmv_cli.doctor.speeds import disk_speed, memory_speed
from glmv_cli.kernels import native
from glmv_cli.units import GIB, MIB


def test_memory_is_read_with_the_threads_that_were_there_before() -> None:
    before = torch.get_num_threads()
    assert memory_speed(1, GIB // 2) > 0
    assert torch.get_num_threads() == before


def test_without_the_library_torch_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "read_bandwidth", lambda size, runs: None)
    assert memory_speed(1, GIB // 2) > 0


def test_where_memory_is_short_none_is_taken() -> None:
    with pytest.raises(MemoryError):
        memory_speed(1, 100 * MIB)


def test_a_disk_without_a_large_file_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x")
    assert disk_speed(tmp_path) is None
    assert disk_speed(tmp_path / "nowhere") is None


def test_a_large_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(bytes(64 * MIB))
    try:
        speed = disk_speed(tmp_path)
    except OSError:
        pytest.skip("this file system has no way past its cache")
    assert speed is not None
    assert speed > 0
