from __future__ import annotations

from glmv_cli.render.table import aligned


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([["a", "bb", "c"], ["aaa", "b", ""]]) == "a    bb  c\naaa  b\n"


def test_numbers_end_flush() -> None:
    assert aligned([["place", "used"], ["cpu", "7"]], right=frozenset({1})) == "place  used\ncpu       7\n"


def test_wide_characters_take_two_places() -> None:
    assert aligned([["猫", "1"], ["cat", "23"]], right=frozenset({1})) == "猫    1\ncat  23\n"
