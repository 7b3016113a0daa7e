"""What completions for all shells say, in whatever words."""

from __future__ import annotations

from tools.reference.tree import Command, Option
from tools.reference.values import EXTENSIONS

HEAD = "Generated from the commands themselves by python -m tools.reference.generate: change them, not this file."


def described(text: str) -> str:
    """Help as one line beside a word: its first sentence, without what stands in brackets at its end."""
    first = text.split(" [")[0].split(". ")[0].removesuffix(".")
    return first.replace("\n", " ")


def quoted(text: str) -> str:
    """``text`` for bash and zsh, in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def valued_options(command: Command) -> list[Option]:
    """Its options that take a value."""
    return [option for option in command.options if option.metavar]


def extensions(separator: str) -> str:
    """Those of pictures and films."""
    return separator.join(EXTENSIONS)
