from __future__ import annotations

import pytest

from glmv_cli.render.terminal.partial import closed, settled_part


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("**bo", "**bo**"),
        ("**bo ", "**bo**"),
        ("**bo*", "**bo**"),
        ("**bold** and *it", "**bold** and *it*"),
        ("***both", "***both***"),
        ("**a *b", "**a *b***"),
        ("**a *b*", "**a *b***"),
        ("__a", "__a__"),
        ("snake_case_", "snake_case"),
        ("2 * 3", "2 * 3"),
        ("a*b", "a*b"),
        ("~~no", "~~no~~"),
        ("`co", "`co`"),
        ("`", ""),
        ("``a`b", "``a`b``"),
        ("`a` **`b", "`a` **`b`**"),
        ("a **", "a"),
        ("\\*a", "\\*a"),
        ("a \\", "a"),
        ("see [here](http://exa", "see here"),
        ("see [here", "see [here"),
        ("![pic](http", "pic"),
    ],
)
def test_what_is_open_is_closed(text: str, shown: str) -> None:
    assert closed(text) == shown


@pytest.mark.parametrize("line", ["-", "  - ", "#", "1.", "---", "``", "> ", "|--", "|", "$", "\\["])
def test_a_line_that_may_become_anything_is_left_out(line: str) -> None:
    assert settled_part("a\n", line, begun=True) == "a\n"


@pytest.mark.parametrize("line", ["- a", "# b", "1. c", "word", "42 is"])
def test_a_line_that_is_clear_is_shown(line: str) -> None:
    assert settled_part("a\n", line, begun=True) == "a\n" + line


def test_an_answer_of_a_number_is_shown_at_once() -> None:
    assert settled_part("", "42", begun=False) == "42"
    assert settled_part("a\n", "42", begun=True) == "a\n"
