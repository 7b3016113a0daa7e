"""The picture in the clipboard, on systems where Pillow gets at it by itself."""

from __future__ import annotations

import io
import sys

from PIL import Image, ImageGrab

CAN_GRAB = ("darwin", "win32")


def grab_picture() -> bytes:
    """A PNG; nothing if there is no picture, or the system is another. Files that were copied are none."""
    if sys.platform not in CAN_GRAB:
        return b""
    try:
        found = ImageGrab.grabclipboard()
    except (OSError, ValueError):
        return b""
    if not isinstance(found, Image.Image):
        return b""
    file = io.BytesIO()
    found.save(file, "PNG")
    return file.getvalue()
