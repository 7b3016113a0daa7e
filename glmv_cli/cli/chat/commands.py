"""The slash commands: one table, from which they are run, completed and explained."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from glmv_cli.cli.chat import conversation_commands as conversation
from glmv_cli.cli.chat import media_commands as media
from glmv_cli.cli.chat import model_commands as model
from glmv_cli.cli.chat.paths import only_media
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.errors import UsageError

_LINE = re.compile(r"/([A-Za-z?]*)(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """One of them. ``run`` gets what stands behind its name, and raises :class:`GlmvError` if that makes no sense."""

    name: str
    arguments: str
    help: str
    run: Callable[[Talk, str], None]
    completes: Literal["", "media", "file", "model", "setting"] | tuple[str, ...] = ""
    """What its argument may be."""


def command_of(line: str) -> tuple[str, str] | None:
    """Name and argument, if ``line`` is a command rather than text or the path of a picture."""
    match = _LINE.fullmatch(line.rstrip())
    if match is None or only_media(line):
        return None
    return match[1].lower(), (match[2] or "").strip()


def run_command(talk: Talk, line: str, commands: Mapping[str, SlashCommand]) -> None:
    """Do what ``line`` says. Raises :class:`UsageError` if there is no such command, and what that raises."""
    name, argument = command_of(line) or ("", "")
    if name not in commands:
        near = difflib.get_close_matches(name, commands, n=1)
        hint = f"did you mean '/{near[0]}'? '/help' lists all" if near else "'/help' lists the commands"
        raise UsageError(f"there is no command '/{name}'", f"{hint}; a space in front makes it text")
    commands[name].run(talk, argument)


def _help(talk: Talk, argument: str) -> None:
    width = max(_NARROWEST, talk.environment.output.stderr_columns)
    entries = "\n".join(_entry(command, width) for command in COMMANDS.values())
    keys = "\n".join(textwrap.fill(line, width) for line in _KEYS)
    talk.say(f"{entries}\n\n{keys}\n")


def _entry(command: SlashCommand, width: int) -> str:
    """What ``command`` does, beside its name or, where there is no room for both, below it."""
    name = f"/{command.name} {command.arguments}".rstrip()
    if width < _BESIDE:
        return f"{name}\n{textwrap.fill(command.help, width, initial_indent='  ', subsequent_indent='  ')}"
    first = f"{name:<{_COLUMN}}"
    return textwrap.fill(command.help, width, initial_indent=first, subsequent_indent=" " * _COLUMN)


def _leave(talk: Talk, argument: str) -> None:
    talk.leaving = True


_NARROWEST = 20
_BESIDE = 60
_COLUMN = 20
_KEYS = (
    "@PATH in a question, or a path pasted or dropped, shows that picture, film or document; @report.pdf#2-4, pages.",
    'Enter sends. Alt-Enter starts a new line; """ opens and closes a text of several lines.',
    "Ctrl-C stops the answer or clears the line, twice leaves. Ctrl-D leaves.",
    "Ctrl-O shows the last reasoning. Ctrl-R searches what was typed before.",
)

COMMANDS = {
    command.name: command
    for command in (
        SlashCommand("help", "", "what there is", _help),
        SlashCommand("image", "PATH", "show a picture with the next question", media.image, "media"),
        SlashCommand("video", "PATH", "show a film with the next question", media.video, "media"),
        SlashCommand("paste", "", "show the picture in the clipboard", media.paste),
        SlashCommand("remove", "[N]", "do not show number N, or the last one", media.remove),
        SlashCommand(
            "preview", "[on|off]", "show once more what waits; or whether that is done",
            media.preview, ("on", "off", "kitty", "iterm", "sixel", "cells"),
        ),
        SlashCommand("undo", "", "take the last question and its answer back", conversation.undo),
        SlashCommand("retry", "", "ask the last question again", conversation.retry),
        SlashCommand("clear", "", "begin a new conversation", conversation.clear),
        SlashCommand("system", "[TEXT|-]", "tell the model how to answer; -: nothing", conversation.system),
        SlashCommand("save", "FILE", "keep the conversation, for /load", conversation.save, "file"),
        SlashCommand("load", "FILE", "go on with a conversation that was saved", conversation.load, "file"),
        SlashCommand("export", "FILE", "write the conversation to a .md or .json file", conversation.export, "file"),
        SlashCommand("set", "[NAME VALUE]", "change a setting, as in /set temperature 0.2", model.set_value, "setting"),
        SlashCommand("think", "[on|off]", "whether the model reasons first", model.think, ("on", "off")),
        SlashCommand(
            "thinking", "[HOW]", "the last reasoning in full; or how to show it",
            model.thinking, ("auto", "collapsed", "full", "none"),
        ),
        SlashCommand("model", "[NAME]", "talk to another model", model.model, "model"),
        SlashCommand("stats", "", "tokens and speed of the last answer and of all", model.stats),
        SlashCommand("context", "", "how much of the context is used", model.context),
        SlashCommand("edit", "[TEXT]", "write the next question in your editor", conversation.edit),
        SlashCommand("exit", "", "leave", _leave),
    )
}  # fmt: skip
