"""What comes once can be read often, wherever it is kept."""

from __future__ import annotations

import errno
import io
import mmap
import tempfile
from pathlib import Path
from typing import IO

import pytest

from glmv_cli.errors import GlmvError, MediaError
from glmv_cli.media import spool as module
from glmv_cli.media.source import open_bytes, open_source
from glmv_cli.media.spool import Spool, reader, spool
from glmv_cli.media.video import ChosenFrames
from tests.media.films import all_frames, numbers, write_film

BYTES = bytes(range(256)) * 40


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 1000)
    monkeypatch.setattr(module, "_CHUNK", 300)


def test_a_little_stays_in_memory() -> None:
    assert spool(io.BytesIO(BYTES), "input") == BYTES


@pytest.mark.usefixtures("little_memory")
def test_much_is_in_a_file_that_nobody_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    data = spool(io.BytesIO(BYTES), "input")
    assert isinstance(data, mmap.mmap)
    assert data[:] == BYTES
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("little_memory")
def test_readers_do_not_disturb_each_other() -> None:
    data = spool(io.BytesIO(BYTES), "input")
    one, other = reader(data), reader(data)
    one.seek(100)
    assert other.read(10) == BYTES[:10]
    assert one.read(10) == BYTES[100:110]
    assert one.seek(-5, io.SEEK_END) == len(BYTES) - 5
    assert one.read() == BYTES[-5:]
    assert one.seek(len(BYTES) + 10) > len(BYTES)
    assert one.read(1) == b""
    assert spool(reader(data), "again") is data


@pytest.mark.usefixtures("little_memory")
def test_a_film_on_a_pipe_is_read_as_the_file(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", count=20)  # its table of contents is at the end
    source = open_source("-", io.BytesIO(film.read_bytes()))
    assert isinstance(source.data, mmap.mmap)
    assert len({source: 1, open_source("-", io.BytesIO(film.read_bytes())): 2}) == 2
    video = ChosenFrames.of(source, all_frames, max_pixels=10**6).read()
    assert numbers(video.frames) == list(range(20))
    with open_bytes(source) as file:
        assert file.read() == film.read_bytes()


def test_more_than_the_limit_is_refused() -> None:
    with pytest.raises(MediaError, match=r"^input has more than 10\.0 KiB"):
        spool(io.BytesIO(bytes(10241)), "input", most=10240)
    assert len(spool(io.BytesIO(bytes(10240)), "input", most=10240)) == 10240


class FullDisk(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.usefixtures("little_memory")
def test_a_full_disk_is_an_error_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> IO[bytes]:
        return FullDisk()

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(GlmvError, match="No space left") as caught:
        Spool().write(bytes(2000))
    assert "TMPDIR" in (caught.value.hint or "")
