from __future__ import annotations

import pytest

from tools.reference.roff import escaped, text_lines, word


def test_each_sentence_begins_a_line() -> None:
    assert text_lines("One. Two? 'Three' is 1.5. four") == [
        "One.",
        "Two?",
        "'Three' is 1.5. four".replace("'T", r"\&'T"),
    ]


def test_long_lines_are_wrapped_between_words() -> None:
    lines = text_lines("word " * 40)
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(lines).split() == ["word"] * 40


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("--no-think", r"\-\-no\-think"),
        (".partial", r"\&.partial"),
        ("a\\b", r"a\eb"),
        ("~/.config", r"\(ti/.config"),
        ("this …", r"this \[u2026]"),
    ],
)
def test_nothing_is_taken_for_a_command(text: str, source: str) -> None:
    assert escaped(text) == source


def test_arguments_of_macros_are_quoted() -> None:
    assert [word("MODEL"), word("COMMAND [ARGS]..."), word("-")] == ["MODEL", '"COMMAND [ARGS]..."', r"\-"]
