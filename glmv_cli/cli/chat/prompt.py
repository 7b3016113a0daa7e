"""The line that a person types at, and what stands around it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import create_output
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style

from glmv_cli.cli.chat.completion import ChatCompleter
from glmv_cli.cli.chat.keys import Leaving, bindings
from glmv_cli.cli.chat.lines import unblocked
from glmv_cli.cli.chat.staging import brief, chips
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.cli.chat.typed import typed_before
from glmv_cli.errors import GlmvError
from glmv_cli.render.errors import write_error
from glmv_cli.render.sanitize import visible_line
from glmv_cli.store.paths import data_path
from glmv_cli.units import format_count

_STYLE = Style([("bottom-toolbar", "noreverse"), ("bottom-toolbar.text", "noreverse"), ("chip", "bold")])
_VI = re.compile(r"^\s*set\s+editing-mode\s+vi\s*$", re.MULTILINE)


class Prompt:
    """Reads what a person types, which may be several lines."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._leaving = Leaving()
        environ, output = talk.environment.environ, talk.environment.output
        self._session: PromptSession[str] = PromptSession(
            message=self._message,
            multiline=True,
            prompt_continuation=lambda width, number, wrapped: "" if wrapped else "… ",
            history=typed_before(data_path(environ)),
            auto_suggest=AutoSuggestFromHistory(),
            completer=ChatCompleter(talk),
            complete_in_thread=True,
            complete_while_typing=Condition(lambda: get_app().current_buffer.text.startswith("/")),
            bottom_toolbar=self._toolbar,
            key_bindings=bindings(talk, self._leaving, self._complain),
            editing_mode=EditingMode.VI if is_vi(talk.settings.keys, environ) else EditingMode.EMACS,
            enable_open_in_editor=True,
            enable_suspend=True,
            style=_STYLE,
            color_depth=None if output.color else ColorDepth.DEPTH_1_BIT,
            output=create_output(output.stdout if output.stdout_is_tty else output.stderr),
        )
        self._session.default_buffer.on_text_changed += lambda _: self._disarm()
        talk.resident.listen(self._model_changed)

    def read(self) -> str:
        """What was typed. Raises ``EOFError`` if the user leaves, and the error if the model cannot be loaded."""
        self._leaving.armed = False
        draft, self._talk.draft = self._talk.draft, ""
        return unblocked(self._session.prompt(default=draft, pre_run=self._model_changed))

    def _message(self) -> StyleAndTextTuples:
        shown: StyleAndTextTuples = [("class:chip", f"{chip}\n") for chip in brief(chips(self._talk.staged))]
        return [*shown, ("", "> ")]

    def _toolbar(self) -> str:
        talk = self._talk
        if self._leaving.armed:
            return "Ctrl-C again leaves"
        name = visible_line(talk.resident.model.name)
        if talk.resident.is_loading:
            return f"loading {name}…"
        thinking = "" if talk.settings.think else ", not thinking"
        used, room = format_count(talk.used_tokens), format_count(talk.resident.context)
        return f"{name}{thinking} · {used} of {room} tokens · /help"

    def _disarm(self) -> None:
        self._leaving.armed = False

    def _complain(self, error: GlmvError) -> None:
        run_in_terminal(lambda: write_error(self._talk.environment.output, error))

    def _model_changed(self) -> None:
        """Runs in the model's thread, and once when a prompt begins."""
        app = self._session.app
        failure = self._talk.resident.failure
        if app.loop is not None and failure is not None and app.is_running:
            app.loop.call_soon_threadsafe(lambda: app.exit(exception=failure) if not app.is_done else None)
        app.invalidate()


def is_vi(keys: str | None, environ: Mapping[str, str]) -> bool:
    """``keys`` is the setting; without it, what readline is told."""
    if keys is not None:
        return keys == "vi"
    try:
        text = Path(os.path.expanduser(environ.get("INPUTRC") or "~/.inputrc")).read_text(errors="replace")
    except OSError:
        return False
    return _VI.search(text) is not None
