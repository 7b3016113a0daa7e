"""What Tab offers: commands, what they take, and files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from glmv_cli.cli.chat.changes import NAMES, choices
from glmv_cli.cli.chat.commands import COMMANDS
from glmv_cli.cli.chat.paths import is_media
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.render.sanitize import visible_line
from glmv_cli.store.paths import models_path
from glmv_cli.store.registry import DEMO, Registry

_MENTION = re.compile(r"(?<!\S)@((?:\\.|[^\s\\])*)$")
_COMMAND = re.compile(r"/([a-z]*)$")
_ARGUMENT = re.compile(r"/([a-z]+)\s+(.*)$", re.DOTALL)


class ChatCompleter(Completer):
    """Completes ``/comm``, ``/command argument`` and ``@path``."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What may stand at the cursor."""
        text = document.text_before_cursor
        if match := _MENTION.search(text):
            yield from _files(match[1], only_media=True, escaped=True)
        elif match := _COMMAND.fullmatch(text):
            for command in COMMANDS.values():
                if command.name.startswith(match[1]):
                    yield Completion(f"/{command.name}", -len(text), display_meta=command.help)
        elif (match := _ARGUMENT.fullmatch(text)) and match[1] in COMMANDS:
            yield from self._arguments(match[1], match[2])

    def _arguments(self, command: str, typed: str) -> Iterable[Completion]:
        match COMMANDS[command].completes:
            case "media":
                return _files(typed, only_media=True, escaped=False)
            case "file":
                return _files(typed, only_media=False, escaped=False)
            case "model":
                registry = Registry(models_path(self._talk.environment.environ))
                names = [DEMO, *(entry.name for entry in registry.entries() if entry.complete)]
                return _words(sorted(set(names)), typed)
            case "setting":
                name, gap, value = typed.partition(" ")
                return _words(choices(name), value) if gap else _words(NAMES, typed)
            case tuple() as words:
                return _words(words, typed)
        return ()


def _words(words: Iterable[str], typed: str) -> Iterator[Completion]:
    return (Completion(word, -len(typed)) for word in words if word.startswith(typed))


def _files(typed: str, only_media: bool, escaped: bool) -> Iterator[Completion]:
    """Files and directories that begin as ``typed``; ``escaped``: spaces stand behind a backslash."""
    wanted = re.sub(r"\\(.)", r"\1", typed) if escaped else typed
    folder, start = os.path.split(wanted)
    directory = os.path.expanduser(folder or ".")
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return
    for name in names:
        if not name.startswith(start) or (name.startswith(".") and not start):
            continue
        path = os.path.join(directory, name)
        is_directory = os.path.isdir(path)
        if only_media and not is_directory and not is_media(path):
            continue
        shown = visible_line(name) + ("/" if is_directory else "")
        text = os.path.join(folder, name) + ("/" if is_directory else "")
        yield Completion(re.sub(r"([\s\\])", r"\\\1", text) if escaped else text, -len(typed), display=shown)
