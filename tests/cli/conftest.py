from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.fakes import MP4, PNG, Glmv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: two pictures, two films, and things that are neither."""
    for name, content in {
        "a.png": PNG,
        "b.png": PNG,
        "c.mp4": MP4,
        "d.mp4": MP4,
        "text.png": b"just text",
        "empty.png": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def glmv(folder: Path) -> Glmv:
    checkpoint = folder / "fake"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text("{}")
    return Glmv(checkpoint)
