"""What a word on the command line may be, as far as a shell can complete it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "choice", "model", "config", "kept", "media", "directory", "file"]
"""``text``: anything; ``model``: a name that ``glmv models`` lists, or a directory; ``config``: that, or a JSON file;
``kept``: the name of a model that may be removed; ``media``: a picture, film or document, by its extension, or a
directory."""

EXTENSIONS = (
    *("avif", "bmp", "gif", "heic", "heif", "jp2", "jpeg", "jpg", "pbm", "pgm", "png", "ppm", "psd", "qoi"),
    *("tif", "tiff", "webp", "pdf", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts"),
    *("ogv", "ts", "webm", "wmv"),
)
"""Of pictures, documents and films. glmv itself goes by content; a name without one of these can still be typed."""

_BY_METAVAR: dict[str, Kind] = {
    "MODEL": "model",
    "MEDIA": "media",
    "IMAGE": "media",
    "SRC": "directory",
    "DST": "directory",
    "DIR": "directory",
    "DIRECTORY": "directory",
    "FILE": "file",
    "PATH": "file",
}
_BY_COMMAND: dict[tuple[str, str], Kind] = {
    ("glmv models default", "NAME"): "model",
    ("glmv models remove", "NAME"): "kept",
    ("glmv plan", "MODEL"): "config",
}


@dataclass(frozen=True, slots=True)
class Values:
    """``choices`` are the words of a ``choice``."""

    kind: Kind
    choices: tuple[str, ...] = ()


def values_of(command: str, metavar: str, choices: tuple[str, ...]) -> Values:
    """What may stand where ``command``'s help says ``metavar``; ``choices`` if it takes a few words only."""
    if choices:
        return Values("choice", choices)
    bare = metavar.strip("[]").removesuffix("...").strip("[]")
    return Values(_BY_COMMAND.get((command, bare)) or _BY_METAVAR.get(bare, "text"))
