from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.cli.chat.clipboard import clipboard_picture
from glmv_cli.errors import MediaError, UsageError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory of the search path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(directory: Path, name: str, does: str) -> None:
    (directory / name).write_text(f"#!/bin/sh\n{does}\n")
    (directory / name).chmod(0o700)


def test_the_program_of_the_desktop_that_runs_is_asked(programs: Path) -> None:
    install(programs, "wl-paste", "printf wayland")
    install(programs, "xclip", "printf x11")
    assert clipboard_picture({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}) == b"wayland"
    assert clipboard_picture({"DISPLAY": ":0"}) == b"x11"


def test_the_next_way_is_tried_where_one_has_nothing(programs: Path) -> None:
    install(programs, "wl-paste", "exit 1")
    install(programs, "xclip", "printf x11")
    assert clipboard_picture({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}) == b"x11"


def test_a_clipboard_without_a_picture_says_so(programs: Path) -> None:
    install(programs, "xclip", "exit 1")
    with pytest.raises(MediaError, match="no picture in the clipboard"):
        clipboard_picture({"DISPLAY": ":0"})


def test_where_there_is_no_way_the_programs_are_named(programs: Path) -> None:
    with pytest.raises(UsageError) as raised:
        clipboard_picture({"DISPLAY": ":0"})
    assert "xclip" in (raised.value.hint or "")
