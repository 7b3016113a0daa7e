"""``docs/reference.md``: every command, every option, every setting."""

from __future__ import annotations

from dataclasses import asdict

from glmv_cli.config import DEFAULTS, KINDS, variable_of
from tools.reference.epilog import Section
from tools.reference.tree import Command, Option

_HEAD = """# Reference

Generated from the commands themselves by `python -m tools.reference.generate`: change them, not this file.
The same is in the manual pages (`man glmv`, `man glmv-describe`) and behind `--help`.
"""


def reference(root: Command) -> str:
    """The whole page."""
    parts = [_HEAD, *(_command(command) for command in root.walk()), _settings()]
    return "\n".join(parts)


def _command(command: Command) -> str:
    lines = [f"## {command.name}", "", "```text", " ".join((command.name, *command.usage)), "```", ""]
    for paragraph in command.paragraphs:
        lines += [_plain(paragraph), ""]
    children = [(f"[`{child.name}`](#{child.page})", child.paragraphs[0]) for child in command.children]
    lines += _table("command", children)
    lines += _table("argument", [(_code(each.metavar), each.help) for each in command.arguments])
    lines += _table("option", [(_flags(option), option.help) for option in command.options])
    for section in command.sections:
        lines += _section(section)
    return "\n".join(lines)


def _section(section: Section) -> list[str]:
    if not section.title:
        return [_plain(" ".join(section.lines)), ""]
    if section.title == "Examples":
        return ["```sh", *section.lines, "```", ""]
    return _table(section.title, [(_code(key), text) for key, text in section.entries()])


def _settings() -> str:
    head = ["## Settings", "", "Each is a line of `config.toml`, or a variable. An option wins over both.", ""]
    defaults = asdict(DEFAULTS)
    rows = [
        (f"`{name}`, `{variable_of(name)}`", f"{kind.allowed}{_default(defaults[name])}")
        for name, kind in KINDS.items()
    ]
    return "\n".join([*head, *_table("setting", rows)])


def _default(value: object) -> str:
    return "" if value is None else f"; without it {str(value).lower() if isinstance(value, bool) else value}"


def _flags(option: Option) -> str:
    return ", ".join(map(_code, option.all_flags)) + (f" {_code(option.metavar)}" if option.metavar else "")


def _table(title: str, rows: list[tuple[str, str]]) -> list[str]:
    lines = [f"| {title} | |", "|---|---|", *(f"| {key} | {_plain(text)} |" for key, text in rows), ""]
    return lines if rows else []


def _code(text: str) -> str:
    return "`" + text.replace("|", r"\|") + "`"


def _plain(text: str) -> str:
    """Text with nothing that Markdown would take for its own."""
    for character in "\\|*<`":
        text = text.replace(character, f"\\{character}")
    return text
