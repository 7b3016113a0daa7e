from __future__ import annotations

import pytest

from glmv_cli.render.cells import cells, first_cells, last_cells


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("猫", 2), ("e\u0301", 1), ("🎉!", 3), ("a\u200bb", 2)]
)
def test_the_width_of_text(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("width", "first", "last"),
    [(0, "", ""), (1, "a", "b"), (3, "a猫", "犬b"), (9, "a猫犬b", "a猫犬b")],
)
def test_a_part_that_fits(width: int, first: str, last: str) -> None:
    assert first_cells("a猫犬b", width) == first
    assert last_cells("a猫犬b", width) == last
