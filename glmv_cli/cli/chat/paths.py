"""Paths of pictures, films and documents in what a person types, pastes or drops."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from urllib.parse import unquote

from glmv_cli.errors import UsageError
from glmv_cli.media.pages import split_pages
from glmv_cli.media.sniff import HEAD_BYTES, sniff

# A word: in quotes, or with spaces that a backslash makes part of it.
_WORD = re.compile(r"""(?<!\S)@?(?:"(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s\\])+)""")
_LIKE_A_PATH = ("/", "~/", "./", "../", "file://")
_PUNCTUATION = "?!.,;:)"


def is_media(path: str) -> bool:
    """Whether there is such a file, and it is a picture, film or PDF by its content; ``#2-4`` may stand behind it."""
    try:
        file_path, _ = split_pages(path)
        if not os.path.isfile(file_path):  # opening a pipe would wait for its writer
            return False
        with open(file_path, "rb") as file:
            return sniff(file.read(HEAD_BYTES)) is not None
    except (OSError, ValueError, UsageError):
        return False


def unquoted(word: str) -> str:
    """The path that a word of a shell, or a ``file:`` address, stands for."""
    if word[:1] == word[-1:] == "'" and len(word) > 1:
        path = word[1:-1]
    elif word[:1] == word[-1:] == '"' and len(word) > 1:
        path = re.sub(r'\\(["\\$`])', r"\1", word[1:-1])
    else:
        path = re.sub(r"\\(.)", r"\1", word)
    if path.startswith("file://"):
        path = unquote("/" + path.removeprefix("file://").partition("/")[2])
    return os.path.expanduser(path)


def only_media(text: str, is_media: Callable[[str], bool] = is_media) -> list[str]:
    """The paths, if ``text`` is nothing but paths of pictures and films; else none.

    A path with spaces may stand there bare, as some terminals drop it.
    """
    text = text.strip()
    if not text or "\0" in text:
        return []
    for whole in (text, unquoted(text)):
        if is_media(whole):
            return [whole]
    paths = [unquoted(match[0]) for match in _WORD.finditer(text)]
    return paths if _WORD.sub("", text).strip() == "" and all(map(is_media, paths)) else []


def take_media(text: str, is_media: Callable[[str], bool] = is_media) -> tuple[str, list[str]]:
    """``text`` without the pictures and films that it names, and their paths.

    Named are ``@path``, and words that look like a path (``/…``, ``~/…``, ``./…``, ``file://…``). Within a sentence the
    name of the file stays.
    """
    paths: list[str] = []
    kept: list[str] = []
    at = 0
    for match in _WORD.finditer(text):
        word, punctuation = _named(match[0], is_media)
        if word is None:
            continue
        paths.append(word)
        kept.append(text[at : match.start()])
        within = "".join(kept).strip() and text[match.end() :].strip()
        kept.append((os.path.basename(word) if within else "") + punctuation)
        at = match.end()
    kept.append(text[at:])
    return ("".join(kept).strip(), paths) if paths else (text, [])


def _named(word: str, is_media: Callable[[str], bool]) -> tuple[str | None, str]:
    """The file that a word names, if it does, and the punctuation behind it."""
    mentioned = word.startswith("@")
    bare = word.removeprefix("@")
    for cut in (bare, bare.rstrip(_PUNCTUATION)):
        path = unquoted(cut)
        if (mentioned or cut.lstrip("\"'").startswith(_LIKE_A_PATH)) and is_media(path):
            return path, bare[len(cut) :]
    return None, ""
