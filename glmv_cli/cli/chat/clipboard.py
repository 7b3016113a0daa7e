"""The picture in the clipboard, by whichever program of the desktop is there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

from glmv_cli.errors import MediaError, UsageError

_PATIENCE_S = 10
_WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # the variable that must be set, and the command that writes a PNG to its standard output
    ("WAYLAND_DISPLAY", ("wl-paste", "--no-newline", "--type", "image/png")),
    ("DISPLAY", ("xclip", "-selection", "clipboard", "-target", "image/png", "-out")),
    ("", ("pngpaste", "-")),
)


def clipboard_picture(environ: Mapping[str, str]) -> bytes:
    """The bytes of a PNG.

    Raises :class:`UsageError` if there is no way to the clipboard, :class:`MediaError` if there is no picture in it.
    """
    ways = [command for variable, command in _WAYS if (not variable or environ.get(variable)) and _found(command[0])]
    if not ways:
        raise UsageError(
            "there is no way to the clipboard from here",
            "install wl-paste (wl-clipboard), xclip or pngpaste, whichever suits the desktop; or save the picture and "
            "name the file",
        )
    for command in ways:
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
    raise MediaError("there is no picture in the clipboard", "copy one, not its file or address")


def _found(program: str) -> bool:
    return shutil.which(program) is not None
