"""What keys do at the prompt, beside those of emacs and vi."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, get_common_complete_suffix
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from glmv_cli.cli.chat.lines import is_open
from glmv_cli.cli.chat.media_commands import seen_of, tell
from glmv_cli.cli.chat.paths import only_media
from glmv_cli.cli.chat.staging import stage
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.errors import GlmvError
from glmv_cli.media.limits import FindLimits

_AT_PROMPT = has_focus(DEFAULT_BUFFER)


@dataclass(slots=True)
class Leaving:
    """Whether Ctrl-C was the last key, so that another one leaves."""

    armed: bool = False


def bindings(talk: Talk, leaving: Leaving, complain: Callable[[GlmvError], None]) -> KeyBindings:
    """``complain`` shows an error above the prompt."""
    keys = KeyBindings()

    @keys.add("enter", filter=_AT_PROMPT)
    def _send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_open(buffer.text):
            buffer.insert_text("\n")
        elif buffer.text.strip():
            buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=_AT_PROMPT)
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("tab", filter=_AT_PROMPT)
    def _complete(event: KeyPressEvent) -> None:
        complete(event.current_buffer)

    @keys.add("c-c", filter=_AT_PROMPT)
    @keys.add(Keys.SIGINT)
    def _clear(event: KeyPressEvent) -> None:
        if leaving.armed:
            event.app.exit(exception=EOFError)
        event.current_buffer.reset()
        leaving.armed = True

    @keys.add("c-d", filter=_AT_PROMPT & Condition(lambda: not _text()))
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add("c-o", filter=_AT_PROMPT)
    def _show_thinking(event: KeyPressEvent) -> None:
        run_in_terminal(talk.show_thinking)

    @keys.add("backspace", filter=_AT_PROMPT & Condition(lambda: bool(talk.staged) and not _text()))
    def _remove_last(event: KeyPressEvent) -> None:
        talk.staged.pop()

    @keys.add(Keys.BracketedPaste, filter=_AT_PROMPT)
    def _paste(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        paths = only_media(text)
        if not paths:
            event.current_buffer.insert_text(text)
        try:
            for path in paths:
                items, notice = stage(path, FindLimits.of(talk.settings))
                for item in items:
                    talk.add(item)
                seen = seen_of(talk, items)
                if seen or notice:  # while it prints, the terminal echoes what is typed, and takes Backspace for itself
                    run_in_terminal(partial(tell, talk, seen, notice))
        except GlmvError as error:
            complain(error)

    return keys


def complete(buffer: Buffer) -> None:
    """The one thing that can stand here; or what all that can have in common; or a menu.

    At once, and not in a thread: prompt_toolkit's own way drops a Tab that follows a letter too fast.
    """
    if buffer.complete_state is not None:
        buffer.complete_next()
        return
    found = list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
    if len(found) == 1:
        buffer.apply_completion(found[0])
    elif common := get_common_complete_suffix(buffer.document, found):
        buffer.insert_text(common)
    elif found:
        buffer.start_completion()


def _text() -> str:
    return get_app().current_buffer.text
