from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.render.sanitize import visible, visible_line, visible_names, without_surrogates

DIRECTING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


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


def test_names_read_as_they_are() -> None:
    directing = [chr(code) for code in range(0x110000) if unicodedata.bidirectional(chr(code)) in DIRECTING]
    assert len(directing) == 9
    for mark in (*directing, "\u061c", "\u200e", "\u200f"):
        assert visible_line(f"cat{mark}gnp.exe") == f"cat\\u{ord(mark):04x}gnp.exe"
    assert visible_names("a\u202eb\nגמל قطة") == "a\\u202eb\nגמל قطة"


def test_the_text_of_a_model_may_say_how_it_runs() -> None:
    assert visible("שלום\u200f!") == "שלום\u200f!"


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
