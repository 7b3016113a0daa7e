"""Our prefill and decode loop gives what one forward pass, and transformers' own ``generate``, give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from transformers import Glm4vMoeForConditionalGeneration

from glmv_cli.engine.local import LocalEngine, Stop, Token
from glmv_cli.engine.sampler import make_sampler
from glmv_cli.events import Progress
from glmv_cli.messages import SamplingOptions
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import Network, network_of
from glmv_cli.prompt.inputs import ModelInputs
from tests.engine.fakes import greedy, tokens_of
from tests.reference import forward_arguments, logits_of, random_prompt

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


def longer(inputs: ModelInputs, *later: int) -> ModelInputs:
    """A prompt with more text at its end."""
    return ModelInputs(
        torch.cat([inputs.ids, torch.tensor([later])], dim=1),
        torch.cat([inputs.kinds, torch.zeros(1, len(later), dtype=torch.int)], dim=1),
        inputs.images,
        inputs.videos,
        False,
    )


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


@pytest.mark.parametrize("answered", [1, 2, 30])
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
    run.close()  # type: ignore[attr-defined]
    assert_equal_to_one_pass(engine, reference_model, inputs, known=10 * chunks if chunks > 1 else 0)


def assert_equal_to_one_pass(
    engine: LocalEngine, reference_model: Glm4vMoeForConditionalGeneration, inputs: ModelInputs, known: int
) -> None:
    with torch.inference_mode():
        expected = logits_of(reference_model, inputs)[0, -1]
    seen: list[torch.Tensor] = []

    def sampler(ids: torch.Tensor, logits: torch.Tensor) -> int:
        seen.append(logits[0])
        return 100

    *_, stop = engine.generate(inputs, sampler, 1)
    assert isinstance(stop, Stop)
    assert stop.cached_tokens == known
    assert (seen[0] - expected).abs().max() <= 1e-4 * expected.abs().max()


@MEDIA
@pytest.mark.parametrize("repetition_penalty", [1.0, 1.3])
def test_greedy_tokens_equal_those_of_generate(
    engine: LocalEngine, reference_model: Glm4vMoeForConditionalGeneration, repetition_penalty: float, picture: bool,
    film: bool,
) -> None:  # fmt: skip
    if picture and film:
        pytest.skip("generate of transformers refuses a picture and a film at once")
    inputs = random_prompt(80, picture=picture, film=film)
    sampler = make_sampler(SamplingOptions(temperature=0.0, repetition_penalty=repetition_penalty), {})
    steps = list(engine.generate(inputs, sampler, max_tokens=32))
    expected = generated(reference_model, inputs, do_sample=False, repetition_penalty=repetition_penalty)
    assert [s.id for s in steps if isinstance(s, Token)] == expected
    assert isinstance(steps[-1], Stop)
    assert steps[-1].reason == "length"


def generated(model: Glm4vMoeForConditionalGeneration, inputs: ModelInputs, **settings: Any) -> list[int]:
    """32 tokens of transformers' own loop."""
    never = model.config.text_config.vocab_size - 1
    length = inputs.ids.shape[1]
    tokens = model.generate(
        **forward_arguments(inputs),
        attention_mask=torch.ones_like(inputs.ids),
        eos_token_id=never,
        pad_token_id=0,
        max_new_tokens=32,
        **settings,
    )[0, length:].tolist()
    assert never not in tokens
    return list(tokens)
