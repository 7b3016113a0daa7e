"""Arguments become sources, or errors that say what to do."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from glmv_cli.errors import GlmvError, InputNotFoundError, MediaError
from glmv_cli.media.source import open_bytes, open_source
from glmv_cli.messages import MediaSource
from tests.media.interrupting import interrupted


def refused(argument: str, stdin: bytes = b"") -> GlmvError:
    with pytest.raises(GlmvError) as caught:
        open_source(argument, io.BytesIO(stdin))
    error = caught.value
    assert error.hint
    assert not error.message.endswith(".")
    return error


def test_a_file_stays_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"abc")
    source = open_source(str(path), io.BytesIO(b"not read"))
    assert source == MediaSource(str(path), path=path)
    with open_bytes(source) as file:
        assert file.read() == b"abc"


def test_a_dash_is_all_of_standard_input() -> None:
    source = open_source("-", io.BytesIO(b"abc"))
    assert source == MediaSource("standard input", data=b"abc")
    with open_bytes(source) as file:
        assert file.read() == b"abc"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_read_once_and_kept(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"abc",))
    writer.start()
    source = open_source(str(pipe), io.BytesIO())
    writer.join()
    assert source.data == b"abc"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_waiting_for_who_writes_into_a_named_pipe_can_be_interrupted(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    interrupted(lambda: open_source(str(pipe), io.BytesIO()))


def test_nothing_on_standard_input_is_bad_media() -> None:
    error = refused("-")
    assert isinstance(error, MediaError)
    assert error.message == "standard input is empty"


def test_an_empty_file_is_bad_media(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    error = refused(str(path))
    assert isinstance(error, MediaError)
    assert error.message == f"{path} is empty"


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    error = refused(str(tmp_path / "a.png"))
    assert isinstance(error, InputNotFoundError)
    assert error.message == f"{tmp_path / 'a.png'} does not exist"


def test_a_directory_is_not_an_input(tmp_path: Path) -> None:
    error = refused(str(tmp_path))
    assert isinstance(error, InputNotFoundError)
    assert error.message == f"{tmp_path} is a directory"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no device files here")
def test_a_device_is_not_an_input() -> None:
    assert isinstance(refused("/dev/null"), InputNotFoundError)


def test_a_file_that_may_not_be_read_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"abc")

    def denied(self: Path, mode: str = "r") -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # permissions do not bind the superuser, who may run this
    error = refused(str(path))
    assert isinstance(error, InputNotFoundError)
    assert "may not be read" in error.message


def test_a_file_that_vanished_since_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError):
        open_bytes(MediaSource("a.png", path=tmp_path / "a.png"))


@pytest.mark.parametrize(
    "argument",
    ["a\0b", "file:///a\0b", "file:///a%00b", "http://[bad", "\ud800", "file:///\ud800", "data:,\ud800", "file://[::1"],
)
def test_what_no_file_can_be_called_is_refused(argument: str) -> None:
    refused(argument)


def test_an_inline_picture_may_hold_any_bytes() -> None:
    argument = os.fsdecode(b"data:,\xff\x00")  # as it comes from a command line
    assert open_source(argument, io.BytesIO()).data == b"\xff\x00"
