from __future__ import annotations

from rich.cells import cell_len

from tests.render.terminal.streaming import shown

WIDE = "| Name | Colour | Place |\n|---|---|---|\n| a cat | black | on the mat |\n| dog | | |\n"


def test_columns_share_the_width_and_wrap() -> None:
    lines = shown(WIDE, 24, [5]).lines
    assert lines[0].split() == ["Name", "Colour", "Place"]
    assert all(cell_len(line) <= 24 for line in lines)
    assert "on the" in lines[2]


def test_on_a_narrow_terminal_a_row_is_a_list() -> None:
    assert shown(WIDE, 20, [5]).lines == [
        *("Name: a cat", "Colour: black", "Place: on the mat"),
        *("", "Name: dog", "Colour:", "Place:"),
    ]


def test_wide_characters_keep_the_columns() -> None:
    lines = shown("| 名前 | x |\n|---|---|\n| 猫が好き | 1 |\n", 40, [2]).lines
    assert [line.split() for line in lines[::2]] == [["名前", "x"], ["猫が好き", "1"]]
    assert cell_len(lines[0].partition("x")[0]) == cell_len(lines[2].partition("1")[0])
