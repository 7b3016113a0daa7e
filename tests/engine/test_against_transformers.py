"""Wherever a prompt is cut, our prefill and decode loop gives what one forward pass of transformers gives."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import Glm4vMoeForConditionalGeneration

from glmv_cli.engine.local import LocalEngine
from glmv_cli.events import Progress
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import Network, network_of
from glmv_cli.prompt.inputs import ModelInputs
from tests.engine.fakes import first_logits, greedy, tokens_of
from tests.reference import logits_of, longer, random_prompt

MEDIA = pytest.mark.parametrize(("picture", "film"), [(False, False), (True, False), (False, True), (True, True)])


@pytest.fixture(scope="module")
def network(demo_directory: Path) -> Network:
    return network_of(load_model(*open_checkpoint(demo_directory)))


@pytest.fixture(scope="module")
def tokenizer(demo_directory: Path) -> Tokenizer:
    return Tokenizer.from_file(str(demo_directory / "tokenizer.json"))


@pytest.fixture
def engine(network: Network, tokenizer: Tokenizer) -> LocalEngine:
    return LocalEngine(network, tokenizer, frozenset())


def logits_on_the_way(engine: LocalEngine, inputs: ModelInputs, answer: list[int]) -> torch.Tensor:
    """The logits ``[n, vocabulary]`` that an answer of n tokens is drawn from."""
    seen: list[torch.Tensor] = []

    def sampler(ids: torch.Tensor, logits: torch.Tensor) -> int:
        seen.append(logits[0])
        return answer[len(seen) - 1]

    assert tokens_of(engine, inputs, len(answer), sampler) == answer
    return torch.stack(seen)


@pytest.mark.parametrize("chunk", [7, 64, 500])
@MEDIA
def test_prefill_in_chunks_and_decode_equal_one_pass(
    network: Network, tokenizer: Tokenizer, reference_model: Glm4vMoeForConditionalGeneration, chunk: int,
    picture: bool, film: bool,
) -> None:  # fmt: skip
    inputs, answer = random_prompt(90, picture=picture, film=film), [100, 200, 300, 400]
    with torch.inference_mode():
        expected = logits_of(reference_model, longer(inputs, *answer[:-1]))[0, 89:]
    got = logits_on_the_way(LocalEngine(network, tokenizer, frozenset(), chunk=chunk), inputs, answer)
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()


@pytest.mark.parametrize("answered", [1, 30])
@pytest.mark.parametrize("kept", [26, 45, 70, 90, 500])
@MEDIA
def test_a_reused_beginning_equals_one_pass(
    engine: LocalEngine, reference_model: Glm4vMoeForConditionalGeneration, kept: int, answered: int, picture: bool,
    film: bool,
) -> None:  # fmt: skip
    """Cut between media, behind the prompt, and behind an answer that was generated."""
    first = random_prompt(90, picture=picture, film=film)
    answer = tokens_of(engine, first, answered)
    following = longer(first, *answer, 5, 300, 20)
    if kept < following.ids.shape[1]:
        following.ids[0, kept] = 77
    assert_equal_to_one_pass(engine, reference_model, following, known=min(kept, 90 + answered - 1))


@pytest.mark.parametrize("chunks", range(1, 9))
@MEDIA
def test_going_on_after_a_cancelled_prefill_equals_one_pass(
    network: Network, tokenizer: Tokenizer, reference_model: Glm4vMoeForConditionalGeneration, chunks: int,
    picture: bool, film: bool,
) -> None:  # fmt: skip
    """Cut inside media, too."""
    engine = LocalEngine(network, tokenizer, frozenset(), chunk=10)
    inputs = random_prompt(90, picture=picture, film=film)
    run = engine.generate(inputs, greedy, 1)
    while next(run) != Progress("prefill", 10 * chunks, 90):
        pass
    run.close()
    assert_equal_to_one_pass(engine, reference_model, inputs, known=10 * chunks if chunks > 1 else 0)


def test_going_on_after_a_cancelled_encoding_equals_one_pass(
    network: Network, tokenizer: Tokenizer, reference_model: Glm4vMoeForConditionalGeneration
) -> None:
    engine = LocalEngine(network, tokenizer, frozenset(), chunk=10)
    inputs = random_prompt(90, picture=True, film=True)
    run = engine.generate(inputs, greedy, 1)
    while next(run) != Progress("encode", 1, 2):
        pass
    run.close()
    assert_equal_to_one_pass(engine, reference_model, inputs, known=0)


def assert_equal_to_one_pass(
    engine: LocalEngine, reference_model: Glm4vMoeForConditionalGeneration, inputs: ModelInputs, known: int
) -> None:
    with torch.inference_mode():
        expected = logits_of(reference_model, inputs)[0, -1]
    got, cached = first_logits(engine, inputs)
    assert cached == known
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()
