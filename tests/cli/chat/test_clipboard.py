from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

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


def test_a_picture_that_is_no_png_is_taken_as_it_is(programs: Path) -> None:
    install(programs, "wl-paste", '[ "$3" = image ] && printf jpeg')
    install(programs, "xclip", '[ "$5" = image/jpeg ] && printf jpeg')
    assert clipboard_picture({"WAYLAND_DISPLAY": "wayland-0"}) == b"jpeg"
    assert clipboard_picture({"DISPLAY": ":0"}) == b"jpeg"


def test_a_clipboard_without_a_picture_says_so_and_what_the_program_says(programs: Path) -> None:
    install(programs, "xclip", "echo 'Error: target image/png not available' >&2; exit 1")
    with pytest.raises(MediaError, match="no picture in the clipboard") as raised:
        clipboard_picture({"DISPLAY": ":0"})
    assert (raised.value.hint or "").endswith("xclip says: Error: target image/png not available")


@pytest.mark.parametrize(("variable", "package"), [("DISPLAY", "xclip"), ("WAYLAND_DISPLAY", "wl-clipboard")])
def test_where_there_is_no_way_the_one_that_suits_the_desktop_is_named(
    programs: Path, variable: str, package: str
) -> None:
    with pytest.raises(UsageError) as raised:
        clipboard_picture({variable: "0"})
    assert f"install {package};" in (raised.value.hint or "")


def test_without_a_desktop_no_program_helps(programs: Path) -> None:
    install(programs, "xclip", "printf x11")
    with pytest.raises(UsageError, match="no desktop"):
        clipboard_picture({})


def test_a_system_without_such_programs_is_asked_by_pillow(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(drawn, "PNG")
    monkeypatch.setattr("sys.platform", "darwin")
    install(programs, "osascript", f"printf '«data PNGf{drawn.getvalue().hex()}»\\n'")
    assert Image.open(io.BytesIO(clipboard_picture({}))).size == (3, 2)
    install(programs, "osascript", "exit 1")
    with pytest.raises(MediaError, match="no picture in the clipboard"):
        clipboard_picture({})
