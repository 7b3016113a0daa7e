"""Every choice is one line, every line in one tile, and a tile of one expert."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels.gpu.grouping import Groups

CPU = torch.device("cpu")


@given(
    st.integers(1, 40).flatmap(
        lambda tokens: st.lists(st.lists(st.integers(-1, 6), min_size=3, max_size=3), min_size=tokens, max_size=tokens)
    ),
    st.sampled_from([1, 2, 16]),
)
def test_lines_are_the_choices_in_tiles_of_one_expert(choices: list[list[int]], tile: int) -> None:
    ids = torch.tensor(choices)
    groups = Groups.of(ids, tile, CPU)
    expert_of: dict[int, int] = {}
    for expert, first, past in groups.tiles.tolist():
        assert 0 < past - first <= tile
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


def test_an_expert_of_more_than_a_tile_is_read_as_seldom_as_possible() -> None:
    groups = Groups.of(torch.tensor([[0, 2]] * 33), 16, CPU)
    assert groups.tiles.tolist() == [[0, 0, 16], [0, 16, 32], [0, 32, 33], [2, 33, 49], [2, 49, 65], [2, 65, 66]]


@pytest.mark.parametrize("ids", [torch.full((5, 2), -1), torch.empty(0, 2, dtype=torch.int64)])
def test_without_a_choice_there_is_nothing(ids: torch.Tensor) -> None:
    groups = Groups.of(ids, 16, CPU)
    assert (len(groups.tiles), len(groups.tokens)) == (0, 0)
    assert groups.lines.shape == ids.shape
