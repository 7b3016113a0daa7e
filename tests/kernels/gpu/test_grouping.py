"""Every choice is one line, every line in one tile, and a tile of one expert."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels.gpu.grouping import Groups

CPU = torch.device("cpu")


@given(
    st.integers(1, 90).flatmap(
        lambda tokens: st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=tokens, max_size=tokens)
    )
)
def test_lines_are_the_choices_in_tiles_of_one_expert(choices: list[list[int]]) -> None:
    groups = Groups.of(torch.tensor(choices), CPU)
    expert_of: dict[int, int] = {}
    for expert, first, past in groups.tiles.tolist():
        assert 0 < past - first <= groups.size
        for line in range(first, past):
            assert line not in expert_of
            expert_of[line] = expert
    assert sorted(expert_of) == list(range(len(groups.tokens)))
    for token, row in enumerate(choices):
        for choice, expert in enumerate(row):
            line = int(groups.lines[token, choice])
            assert (line < 0) == (expert < 0)
            if line >= 0:
                assert expert_of.pop(line) == expert
                assert groups.tokens[line] == token
    assert not expert_of


@pytest.mark.parametrize(
    ("tokens", "size", "tiles"),
    [
        (3, 16, [[0, 0, 3], [2, 3, 6]]),
        (17, 32, [[0, 0, 17], [2, 17, 34]]),
        (65, 64, [[0, 0, 64], [0, 64, 65], [2, 65, 129], [2, 129, 130]]),
    ],
)
def test_tiles_are_as_large_as_an_expert_has_tokens(tokens: int, size: int, tiles: list[list[int]]) -> None:
    groups = Groups.of(torch.tensor([[2, 0]] * tokens), CPU)
    assert (groups.size, groups.tiles.tolist()) == (size, tiles)


@pytest.mark.parametrize("ids", [torch.full((5, 2), -1), torch.empty(0, 2, dtype=torch.int64)])
def test_without_a_choice_there_is_nothing(ids: torch.Tensor) -> None:
    groups = Groups.of(ids, CPU)
    assert (len(groups.tiles), len(groups.tokens)) == (0, 0)
    assert groups.lines.shape == ids.shape
