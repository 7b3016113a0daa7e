"""The thinking is closed after its budget, by tokens that the model reads like its own."""

from __future__ import annotations

import pytest

from glmv_cli.engine.think_budget import ThinkBudget
from tests.engine.fakes import FakeNetwork, engine_of, greedy, prompt, tokens_of

OPEN, CLOSE, NEWLINE = 250, 251, 252


def thinks(budget: int | None, *, natural: int = 6, starts_inside: bool = False) -> tuple[list[int], FakeNetwork]:
    """The tokens of a model that opens its thinking, closes it after ``natural`` tokens, and answers."""
    said: list[int] = []
    first = [] if starts_inside else [OPEN]

    def script(read: list[float]) -> int:
        planned = [*first, *[1] * natural, CLOSE]
        if CLOSE in said:
            return 100 + len(said) - said.index(CLOSE)
        return planned[len(said)]

    def in_thinking() -> bool:
        return (starts_inside or OPEN in said) and CLOSE not in said

    network = FakeNetwork(script)
    sampler = greedy if budget is None else ThinkBudget(greedy, budget, [CLOSE, NEWLINE], in_thinking)

    def remembering(ids: object, logits: object) -> int:
        said.append(sampler(ids, logits))  # type: ignore[arg-type]
        return said[-1]

    return tokens_of(engine_of(network), prompt(range(20)), len(first) + natural + 4, remembering), network


@pytest.mark.parametrize(("budget", "thought"), [(0, []), (1, [1]), (5, [1] * 5)])
@pytest.mark.parametrize("starts_inside", [False, True])
def test_it_closes_after_so_many_tokens(budget: int, thought: list[int], starts_inside: bool) -> None:
    tokens, network = thinks(budget, starts_inside=starts_inside)
    beginning = [*([] if starts_inside else [OPEN]), *thought, CLOSE, NEWLINE, 102]
    assert tokens[: len(beginning)] == beginning
    keys = network.cache.layers[0]._stored[0].flatten().tolist()
    assert keys[20 : 20 + len(beginning)] == beginning  # the model has read its end


@pytest.mark.parametrize("budget", [7, 100, None])
def test_thinking_within_the_budget_ends_by_itself(budget: int | None) -> None:
    assert thinks(budget)[0] == [OPEN, *[1] * 6, CLOSE, 101, 102, 103]


def test_a_model_that_does_not_think_is_left_alone() -> None:
    sampler = ThinkBudget(greedy, 0, [CLOSE, NEWLINE], lambda: False)
    inputs = prompt(range(20))
    assert tokens_of(engine_of(FakeNetwork()), inputs, 8, sampler) == tokens_of(engine_of(FakeNetwork()), inputs, 8)
