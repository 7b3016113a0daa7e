from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.render.sanitize import visible, visible_line, without_surrogates


def test_every_control_character_but_newline_and_tab_is_harmless() -> None:
    controls = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cc"]
    assert len(controls) == 65
    shown = visible("".join(controls))
    assert [character for character in shown if unicodedata.category(character) == "Cc"] == ["\t", "\n"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("\x7f\x00", r"\x7f\x00"),
        ("a\r\nb", "a\nb"),
        ("harmless\revil", "harmlessevil"),
        ("[bold]\tcafé 猫 😀\n", "[bold]\tcafé 猫 😀\n"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_one_line_stays_one_line() -> None:
    assert visible_line("a\n\tb\x1bc\r\n d.png") == "a b\\x1bc  d.png"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[])))
def test_text_without_surrogates_is_valid(text: str) -> None:
    clean = without_surrogates(text)
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert len(clean) == len(text)


def test_surrogates_are_replaced_and_nothing_else() -> None:
    assert without_surrogates("caf\udce9 😀") == "caf\ufffd 😀"
