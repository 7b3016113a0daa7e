"""The picture in the clipboard, by whichever program of the desktop is there, or by Pillow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glmv_cli.errors import MediaError, UsageError

_PATIENCE_S = 10


@dataclass(frozen=True, slots=True)
class _Desktop:
    """``variable`` says that it runs; each of ``commands`` writes a picture to its standard output."""

    variable: str
    program: str
    package: str
    commands: Sequence[Sequence[str]]


_XCLIP = ("-selection", "clipboard", "-out", "-target")
_DESKTOPS = (
    _Desktop(
        "WAYLAND_DISPLAY", "wl-paste", "wl-clipboard",
        [("--no-newline", "--type", "image/png"), ("--no-newline", "--type", "image")],
    ),
    _Desktop("DISPLAY", "xclip", "xclip", [(*_XCLIP, "image/png"), (*_XCLIP, "image/jpeg")]),
)  # fmt: skip


def clipboard_picture(environ: Mapping[str, str]) -> bytes:
    """The bytes of a picture file.

    Raises :class:`UsageError` if there is no way to the clipboard, :class:`MediaError` if there is no picture in it.
    """
    from glmv_cli.media.grab import CAN_GRAB, grab_picture  # Pillow

    running = [desktop for desktop in _DESKTOPS if environ.get(desktop.variable)]
    able = [desktop for desktop in running if shutil.which(desktop.program) is not None]
    if not able and sys.platform not in CAN_GRAB:
        raise _no_way(running)
    said = ""
    for desktop in able:
        for arguments in desktop.commands:
            data, complaint = _output_of([desktop.program, *arguments])
            if data:
                return data
            said = f"; {desktop.program} says: {complaint}" if complaint else said
    data = grab_picture()
    if not data:
        raise MediaError("there is no picture in the clipboard", f"copy one, not its file or address{said}")
    return data


def _no_way(running: Sequence[_Desktop]) -> UsageError:
    if not running:
        return UsageError(
            "there is no desktop here whose clipboard could be read", "save the picture, and say /image PATH"
        )
    return UsageError(
        f"{running[0].program} is not installed, and nothing else reads the clipboard",
        f"install {running[0].package}; or save the picture, and say /image PATH",
    )


def _output_of(command: Sequence[str]) -> tuple[bytes, str]:
    """What ``command`` writes if it succeeds, and what it complains about, on one line."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"", type(error).__name__
    complaint = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    return (done.stdout if done.returncode == 0 else b""), complaint
