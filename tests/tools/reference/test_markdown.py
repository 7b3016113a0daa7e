from __future__ import annotations

from glmv_cli.config import KINDS, variable_of
from tools.reference.markdown import reference
from tools.reference.tree import command_tree


def test_every_command_every_option_and_every_setting_is_there() -> None:
    root = command_tree()
    page = reference(root)
    for command in root.walk():
        assert f"\n## {command.name}\n" in page
        for option in command.options:
            assert all(f"`{flag}`" in page for flag in option.all_flags)
    for name in KINDS:
        assert f"| `{name}`, `{variable_of(name)}` |" in page


def test_nothing_breaks_a_table() -> None:
    rows = [line for line in reference(command_tree()).splitlines() if line.startswith("|")]
    assert rows
    assert all(row.replace("\\|", "").count("|") == 3 for row in rows)
