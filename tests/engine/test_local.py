"""What the engine does between the network's passes, with a network whose every answer tells what it has read."""

from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.engine.local import Stop, Token
from glmv_cli.errors import GlmvError, ModelError
from glmv_cli.prompt.inputs import ModelInputs
from tests.engine.fakes import (
    STOP,
    FakeNetwork,
    byte_tokenizer,
    engine_of,
    greedy,
    mixed,
    progress_of,
    prompt,
    stop_of,
    tokens_of,
)

LONG = list(range(10, 60))


def test_the_prompt_is_read_in_chunks_and_the_answer_token_by_token() -> None:
    network = FakeNetwork()
    tokens_of(engine_of(network, chunk=8), prompt(range(20)), max_tokens=4)
    assert network.passes == [8, 8, 4, 1, 1, 1]  # the last token of an answer is not read


def test_the_size_of_the_chunks_changes_nothing() -> None:
    answers = [tokens_of(engine_of(FakeNetwork(), chunk=chunk), prompt(LONG, (20, 1))) for chunk in (1, 7, 50, 100)]
    assert answers[1:] == answers[:-1]


def test_progress_is_told_before_the_first_chunk_and_after_each() -> None:
    assert progress_of(engine_of(FakeNetwork()), prompt(range(20))) == [
        ("prefill", 0, 20),
        ("prefill", 8, 20),
        ("prefill", 16, 20),
    ]


def test_progress_counts_media_that_must_be_encoded_and_tokens_that_must_be_read() -> None:
    engine = engine_of(FakeNetwork())
    shown = prompt(LONG, (20, 1), (30, 2))
    assert progress_of(engine, shown)[:4] == [("encode", 0, 2), ("encode", 1, 2), ("encode", 2, 2), ("prefill", 0, 50)]
    assert progress_of(engine, shown) == [("prefill", 49, 50)]


def test_a_picture_that_is_shown_twice_counts_once() -> None:
    twice = prompt(range(50), (10, 1), (20, 1))
    assert progress_of(engine_of(FakeNetwork()), twice)[:3] == [("encode", 0, 1), ("encode", 1, 1), ("prefill", 0, 50)]


def test_a_stop_token_ends_the_answer_and_is_not_part_of_it() -> None:
    network = FakeNetwork(lambda read: STOP if len(read) == 2 * 23 else 7)
    *steps, stop = engine_of(network).generate(prompt(range(20)), greedy, 10)
    assert [s.id for s in steps if isinstance(s, Token)] == [7, 7, 7]
    assert isinstance(stop, Stop)
    assert stop.reason == "stop"


def test_whoever_reads_the_tokens_can_end_the_answer() -> None:
    seen: list[Token] = []
    network = FakeNetwork()
    for step in engine_of(network).generate(prompt(range(20)), greedy, 10, lambda: len(seen) == 3):
        if isinstance(step, Token):
            seen.append(step)
        elif isinstance(step, Stop):
            assert step.reason == "stop"
    assert len(seen) == 3
    assert network.passes[-3:] == [4, 1, 1]


def test_the_sampler_sees_the_prompt_and_the_answer_so_far() -> None:
    seen: list[list[int]] = []

    def sampler(ids: torch.Tensor, logits: torch.Tensor) -> int:
        seen.append(ids[0].tolist())
        return 100 + len(seen)

    tokens_of(engine_of(FakeNetwork()), prompt([1, 2, 3]), 3, sampler)
    assert seen == [[1, 2, 3], [1, 2, 3, 101], [1, 2, 3, 101, 102]]


def test_text_comes_in_whole_characters() -> None:
    script = iter(byte_tokenizer().encode("a 🎈 文").ids)
    steps = list(engine_of(FakeNetwork()).generate(prompt([1, 2]), lambda ids, logits: next(script), 10))
    texts = [s.text for s in steps if isinstance(s, Token)]
    assert "".join(texts) == "a 🎈 文"
    assert "" in texts  # the first bytes of a character are held back
    assert all("\ufffd" not in text for text in texts)


# ------------------------------------------------------------------------------------------ the context


def test_a_prompt_that_fills_the_context_is_refused_before_computing() -> None:
    network = FakeNetwork(context_length=50)
    with pytest.raises(GlmvError, match="50 tokens") as caught:
        next(iter(engine_of(network).generate(prompt(LONG, (20, 1)), greedy, 5)))
    assert network.passes == network.encoded == []
    assert caught.value.hint == "1 or more tokens must go"


def test_a_context_may_be_narrowed_but_not_widened() -> None:
    with pytest.raises(GlmvError, match="takes 30"):
        next(iter(engine_of(FakeNetwork(), context=30).generate(prompt(LONG), greedy, 5)))
    engine = engine_of(FakeNetwork(), context=999)
    assert (engine.context_length, engine.longest_context) == (200, 200)


def test_the_answer_ends_where_the_context_ends() -> None:
    assert len(tokens_of(engine_of(FakeNetwork(context_length=52)), prompt(LONG))) == 2
    assert len(tokens_of(engine_of(FakeNetwork(), context=53), prompt(LONG))) == 3


# -------------------------------------------------------------------------------------------- reuse


def test_the_next_turn_reads_only_what_is_new() -> None:
    network = FakeNetwork()
    engine = engine_of(network)
    answer = tokens_of(engine, prompt(LONG), max_tokens=5)
    network.passes.clear()
    following = prompt([*LONG, *answer, 1, 2, 3])
    # the last token of the answer was not read
    assert stop_of(engine, following, max_tokens=1).spent.cached_tokens == 54
    assert network.passes == [4]
    assert tokens_of(engine, following) == tokens_of(engine_of(FakeNetwork()), following)


def test_the_same_prompt_again_reads_its_last_token_only() -> None:
    network = FakeNetwork()
    engine = engine_of(network)
    first = tokens_of(engine, prompt(LONG))
    network.passes.clear()
    assert stop_of(engine, prompt(LONG), max_tokens=1).spent.cached_tokens == 49
    assert network.passes == [1]
    assert tokens_of(engine, prompt(LONG)) == first


def test_what_all_prompts_begin_with_is_read_again() -> None:
    engine = engine_of(FakeNetwork())
    tokens_of(engine, prompt(LONG))
    assert stop_of(engine, prompt(LONG[:15] + [1] * 20)).spent.cached_tokens == 0


def test_a_shorter_prompt_cuts_the_cache() -> None:
    engine = engine_of(FakeNetwork())
    tokens_of(engine, prompt(LONG))
    assert stop_of(engine, prompt(LONG[:30])).spent.cached_tokens == 29
    assert tokens_of(engine, prompt(LONG[:30])) == tokens_of(engine_of(FakeNetwork()), prompt(LONG[:30]))


def test_another_picture_in_the_same_place_is_another_prompt() -> None:
    network = FakeNetwork()
    engine = engine_of(network)
    tokens_of(engine, prompt(LONG, (30, 1)))
    other = prompt(LONG, (30, 2))
    assert stop_of(engine, other).spent.cached_tokens == 30
    assert tokens_of(engine, other) == tokens_of(engine_of(FakeNetwork()), other)


def test_a_token_that_looks_like_a_picture_but_is_text_is_another_prompt() -> None:
    engine = engine_of(FakeNetwork())
    tokens_of(engine, prompt(LONG, (30, 1)))
    assert stop_of(engine, prompt(LONG)).spent.cached_tokens == 30


def test_a_picture_that_was_read_is_not_looked_at_again() -> None:
    network = FakeNetwork()
    engine = engine_of(network)
    tokens_of(engine, prompt(LONG, (20, 1)))
    tokens_of(engine, prompt([*LONG, 1, 2], (20, 1)))
    tokens_of(engine, prompt([*LONG[:5], 1, 2, 3], (2, 1)))  # elsewhere: read again, but not encoded again
    assert network.encoded == [16]


# ------------------------------------------------------------------------------- cancelling and failing


@pytest.mark.parametrize("steps", range(12))
def test_an_answer_can_be_dropped_at_every_step(steps: int) -> None:
    engine = engine_of(FakeNetwork())
    run = engine.generate(prompt(LONG, (20, 1)), greedy, 5)
    for _ in range(steps):
        next(run)
    run.close()
    following = prompt([*LONG, 3, 2, 1], (20, 1))
    assert tokens_of(engine, following) == tokens_of(engine_of(FakeNetwork()), following)


@pytest.mark.parametrize("failing", range(1, 12))
def test_a_pass_that_fails_leaves_the_engine_usable(failing: int) -> None:
    network = FakeNetwork(failing=[failing])
    engine = engine_of(network)
    with pytest.raises(MemoryError):
        tokens_of(engine, prompt(LONG, (20, 1)))
    assert network.cache.layers[0].get_seq_length() > network.cache.layers[1].get_seq_length()
    assert tokens_of(engine, prompt(LONG, (20, 1))) == tokens_of(engine_of(FakeNetwork()), prompt(LONG, (20, 1)))


TURNS = st.lists(
    st.tuples(
        st.integers(0, 60),  # how much of the last turn's prompt and answer is kept
        st.lists(st.integers(0, 5), min_size=1, max_size=20),  # what is new
        st.none() | st.tuples(st.integers(0, 30), st.integers(0, 1)),  # a picture
        st.integers(0, 12),  # after how many steps the answer is dropped
    ),
    max_size=8,
)


@given(TURNS, st.sets(st.integers(1, 40), max_size=3))
def test_no_history_changes_an_answer(
    turns: list[tuple[int, list[int], tuple[int, int] | None, int]], failing: set[int]
) -> None:
    """Whatever was asked, dropped and failed before, the answer is that of a new engine."""
    engine = engine_of(FakeNetwork(failing=sorted(failing)))
    said: list[int] = [1, 2, 3, 4]
    for kept, new, picture, steps in turns:
        said = [*said[:kept], *new]
        inputs = _prompt(said, picture)
        run = engine.generate(inputs, greedy, 8)
        with suppress(MemoryError):
            said += [s.id for _, s in zip(range(steps), run, strict=False) if isinstance(s, Token)]
        run.close()
        with suppress(MemoryError):
            assert tokens_of(engine, inputs) == tokens_of(engine_of(FakeNetwork(), chunk=100), inputs)


def _prompt(said: list[int], picture: tuple[int, int] | None) -> ModelInputs:
    return prompt(said, picture) if picture is not None and picture[0] + 4 < len(said) else prompt(said)


def test_the_fake_tells_histories_apart() -> None:
    assert mixed([1.0, 2.0]) != mixed([2.0, 1.0])


@pytest.mark.parametrize("after", [0, 3])
def test_what_is_no_number_is_no_answer(after: int) -> None:
    class Damaged(FakeNetwork):
        def logits(self, hidden: torch.Tensor) -> torch.Tensor:
            logits = super().logits(hidden)
            return logits * torch.nan if len(self.passes) > after else logits

    with pytest.raises(ModelError, match="weights are damaged") as caught:
        tokens_of(engine_of(Damaged()), prompt(range(8)))
    assert "show --verify" in str(caught.value.hint)
