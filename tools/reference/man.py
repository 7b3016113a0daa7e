"""Manual pages, one a command, in mdoc(7)."""

from __future__ import annotations

from collections.abc import Iterable

from glmv_cli.config import KINDS, variable_of
from tools.reference.epilog import Section
from tools.reference.roff import escaped, text_lines, word
from tools.reference.tree import Command, Option

DATE = ".Dd "
"""How the line with the date of the last change begins."""
_PLACED = frozenset({"Examples", "Exit codes", "Environment", "Files"})


def manual_pages(root: Command, date: str) -> dict[str, str]:
    """The pages by file name. ``date``: ``November 21, 2026``."""
    return {f"{command.page}.1": _page(command, root, date) for command in root.walk()}


def _page(command: Command, root: Command, date: str) -> str:
    lines = [
        f"{DATE}{date}",
        f".Dt {command.page.upper()} 1",
        ".Os",
        ".Sh NAME",
        f".Nm {command.page}",
        f".Nd {escaped(command.summary)}",
        ".Sh SYNOPSIS",
        *_synopsis(command),
        ".Sh DESCRIPTION",
        *_paragraphs([*command.paragraphs, *_notes(command)]),
        *_list("COMMANDS", [(f".Ic {word(child.word)}", child.paragraphs[0]) for child in command.children]),
        *_list("ARGUMENTS", [(f".Ar {word(each.metavar)}", each.help) for each in command.arguments]),
        *_list("OPTIONS", [(_flags(option), option.help) for option in command.options]),
        *_others(command),
        *_list("ENVIRONMENT", [(f".Ev {word(key)}", text) for key, text in _environment(command, root)]),
        *_list("FILES", [(f".Pa {word(key)}", text) for key, text in _entries("Files", root)]),
        *_list("EXIT STATUS", [(escaped(key), text) for key, text in _entries("Exit codes", command, root)]),
        *_examples(command),
        ".Sh SEE ALSO",
        *_references(command, root),
    ]
    return "\n".join(lines) + "\n"


def _synopsis(command: Command) -> list[str]:
    arguments = [f".Ar {word(piece)}" for piece in command.usage if piece != "[OPTIONS]"]
    return [f'.Nm "{escaped(command.name)}"', ".Op Ar options", *arguments]


def _flags(option: Option) -> str:
    value = f" Ar {word(option.metavar)}" if option.metavar else ""
    return " , ".join(f"Fl {escaped(flag.removeprefix('-'))}" for flag in option.all_flags).join((".", value))


def _notes(command: Command) -> list[str]:
    """The paragraphs of its epilog."""
    return [" ".join(section.lines) for section in command.sections if not section.title]


def _entries(title: str, *commands: Command) -> list[tuple[str, str]]:
    """The list of that title of the first command that has one."""
    for command in commands:
        if found := _section(command, title):
            return found.entries()
    return []


def _environment(command: Command, root: Command) -> Iterable[tuple[str, str]]:
    """Its own variables, those of settings that it has options for, and those that concern every command."""
    if command is not root:
        for option in command.options:
            name = option.flags[-1].removeprefix("--").replace("-", "_")
            if name in KINDS:
                yield variable_of(name), f"What {option.flags[-1]} is if it is not given."
        if own := _section(command, "Environment"):
            yield from own.entries()
    for key, text in _entries("Environment", root):
        if command is root or variable_of("model") != key:
            yield key, text


def _others(command: Command) -> list[str]:
    """Lists of its own, under titles that need no place of theirs in a page."""
    lists = [each for each in command.sections if each.title and each.title not in _PLACED]
    return [line for each in lists for line in _list(each.title.upper(), _keyed(each))]


def _keyed(section: Section) -> list[tuple[str, str]]:
    return [(escaped(key), text) for key, text in section.entries()]


def _section(command: Command, title: str) -> Section | None:
    return next((section for section in command.sections if section.title == title), None)


def _examples(command: Command) -> list[str]:
    section = _section(command, "Examples")
    if section is None:
        return []
    return [".Sh EXAMPLES", ".Bd -literal -offset indent", *map(escaped, section.lines), ".Ed"]


def _references(command: Command, root: Command) -> list[str]:
    """The command above it, those below it, and beside it; for ``glmv`` all of the first level."""
    above = [each for each in root.walk() if command in each.children]
    near = {each.page for each in (*above, *command.children, *(above[0].children if above else ()))} - {command.page}
    pages = sorted(near)
    return [f".Xr {page} 1{' ,' if page != pages[-1] else ''}" for page in pages]


def _list(title: str, items: list[tuple[str, str]]) -> list[str]:
    """A section with a list: ``(heading, text)``, where a heading is a macro or plain text."""
    lines = [line for heading, text in items for line in (f".It {heading.removeprefix('.')}", *text_lines(text))]
    return [f".Sh {title}", ".Bl -tag -width Ds", *lines, ".El"] if items else []


def _paragraphs(texts: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for text in texts:
        lines += [".Pp"] * bool(lines) + text_lines(text)
    return lines
