from __future__ import annotations

import pytest

from tests.render.terminal.streaming import shown


@pytest.mark.parametrize(
    "text",
    [
        "with $a_i * b_j * c_k$ in it",
        "with $$a * b * c$$ in it",
        "with \\(a_i * b_j * c_k\\) in it",
        "with \\[a * b * c\\] in it",
        "$$\nx = *y*\n= z\n- 1\n$$",
        "\\[\nx = *y*\n- 1\n\\]",
        "$5 and $10, or 5 * 3 * $2",
    ],
)
def test_formulas_stand_as_they_were_written(text: str) -> None:
    assert shown(text, 80, [3]).lines == text.split("\n")


def test_money_is_no_formula() -> None:
    assert shown("$5 and **bold** $10", 80, [3]).lines == ["$5 and bold $10"]


def test_a_formula_that_is_never_closed_ends_with_its_paragraph() -> None:
    assert shown("$$\nx\n\n**bold**", 80, [3]).lines == ["$$", "x", "", "bold"]
