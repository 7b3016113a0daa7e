"""The commands of ``glmv``, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from glmv_cli.cli.app import create_app
from tools.reference.chat import chat_commands
from tools.reference.epilog import Section, sections
from tools.reference.values import Values, values_of


@dataclass(frozen=True, slots=True)
class Option:
    """``flags`` as typed, ``-m`` and ``--model``; ``off_flags``: those that say the opposite, ``--no-think``.

    ``metavar`` stands for its value; it is empty for an option that takes none.
    """

    flags: tuple[str, ...]
    off_flags: tuple[str, ...]
    metavar: str
    help: str
    values: Values
    repeatable: bool

    @property
    def all_flags(self) -> tuple[str, ...]:
        """Whatever turns it on or off."""
        return self.flags + self.off_flags


@dataclass(frozen=True, slots=True)
class Argument:
    """A word that is no option. ``metavar`` says with brackets and dots whether it may be missing or repeated."""

    metavar: str
    help: str
    values: Values
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Command:
    """``name``: all words, ``glmv models default``. ``paragraphs``: its help. ``usage``: what follows its name.
    ``sections``: its epilog, and whatever else there is to know.
    """

    name: str
    paragraphs: tuple[str, ...]
    usage: tuple[str, ...]
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]
    sections: tuple[Section, ...]
    children: tuple[Command, ...]

    @property
    def word(self) -> str:
        """The last word of its name."""
        return self.name.rpartition(" ")[2]

    @property
    def page(self) -> str:
        """What its manual page is called."""
        return self.name.replace(" ", "-")

    @property
    def summary(self) -> str:
        """Its first paragraph as part of a sentence: "say what is in pictures and films"."""
        text = self.paragraphs[0].removesuffix(".")
        return text[0].lower() + text[1:]

    def walk(self) -> Iterator[Command]:
        """This command and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def command_tree() -> Command:
    """``glmv`` itself, with everything below it."""
    return _command(typer.main.get_command(create_app()), "glmv", None)


def _command(command: Any, word: str, parent: Any) -> Command:
    """``command`` and ``parent``, the context of the command above, are of Typer's private copy of Click."""
    context = command.make_context(word, [], parent=parent, resilient_parsing=True)
    shown = [parameter for parameter in command.get_params(context) if not parameter.hidden]
    children = command.commands.items() if isinstance(command, TyperGroup) else ()
    name = context.command_path
    return Command(
        name=name,
        paragraphs=tuple(" ".join(block.split()) for block in (command.help or "").strip().split("\n\n")),
        usage=tuple(command.collect_usage_pieces(context)),
        arguments=tuple(_argument(name, each, context) for each in shown if each.param_type_name == "argument"),
        options=tuple(_option(name, each, context) for each in shown if each.param_type_name == "option"),
        sections=sections(command.epilog) + ((chat_commands(),) if name == "glmv chat" else ()),
        children=tuple(_command(child, key, context) for key, child in children if not child.hidden),
    )


def _argument(command: str, argument: Any, context: Any) -> Argument:
    metavar, text = argument.get_help_record(context)
    return Argument(metavar, _sentence(text), _values(command, argument, metavar), argument.nargs == -1)


def _option(command: str, option: Any, context: Any) -> Option:
    flag = option.is_flag or option.count
    metavar = "" if flag else option.metavar or option.make_metavar(context)
    return Option(
        flags=tuple(sorted(option.opts, key=len)),
        off_flags=tuple(option.secondary_opts),
        metavar=metavar,
        help=_sentence(option.get_help_record(context)[1]),
        values=_values(command, option, metavar),
        repeatable=option.multiple,
    )


def _values(command: str, parameter: Any, metavar: str) -> Values:
    return values_of(command, metavar, tuple(str(choice) for choice in getattr(parameter.type, "choices", ())))


def _sentence(text: str) -> str:
    """Help on one line, single-spaced. That an argument is required, its brackets say already."""
    return " ".join(text.replace("[required]", "").split())
