"""Our prefill and decode loop gives what one forward pass, and transformers' own ``generate``, give."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import Glm4vMoeForConditionalGeneration

from glmv_cli.engine.local import LocalEngine, Stop, Token
from glmv_cli.errors import GlmvError
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import ModelInputs
from tests.reference import forward_arguments, logits_of, random_prompt

MEDIA = pytest.mark.parametrize(("picture", "film"), [(False, False), (True, False), (False, True), (True, True)])


def greedy(ids: torch.Tensor, logits: torch.Tensor) -> int:
    return int(logits.argmax(-1))


@pytest.fixture(scope="module")
def engine(demo_directory: Path) -> LocalEngine:
    builder = PromptBuilder(demo_directory)
    network = network_of(load_model(*open_checkpoint(demo_directory)))
    return LocalEngine(network, builder.tokenizer.backend_tokenizer, frozenset())


@pytest.mark.parametrize("chunk", [7, 64, 500])
@MEDIA
@torch.inference_mode()
def test_prefill_in_chunks_and_decode_equal_one_pass(
    engine: LocalEngine,
    reference_model: Glm4vMoeForConditionalGeneration,
    chunk: int,
    picture: bool,
    film: bool,
) -> None:
    inputs, later = random_prompt(90, picture=picture, film=film), [100, 200, 300]
    longer = ModelInputs(
        torch.cat([inputs.ids, torch.tensor([later])], dim=1),
        torch.cat([inputs.kinds, torch.zeros(1, 3, dtype=torch.int)], dim=1),
        inputs.images,
        inputs.videos,
        False,
    )
    expected = logits_of(reference_model, longer)[0, 89:]
    positions = engine._network.positions(inputs)
    cache = engine._network.new_cache(len(longer.ids[0]))
    got = [engine.prefill(engine.embed(inputs), positions, cache, chunk=chunk)[0]]
    got += [engine.decode(token, positions.of(90 + i, 91 + i), cache)[0] for i, token in enumerate(later)]
    assert (torch.stack(got) - expected).abs().max() <= 1e-4 * expected.abs().max()


@MEDIA
def test_greedy_tokens_equal_those_of_generate(
    engine: LocalEngine, reference_model: Glm4vMoeForConditionalGeneration, picture: bool, film: bool
) -> None:
    if picture and film:
        pytest.skip("generate of transformers refuses a picture and a film at once")
    inputs = random_prompt(80, picture=picture, film=film)
    steps = list(engine.generate(inputs, greedy, max_tokens=32))
    never = reference_model.config.text_config.vocab_size - 1
    generated = reference_model.generate(
        **forward_arguments(inputs),
        attention_mask=torch.ones_like(inputs.ids),
        do_sample=False,
        eos_token_id=never,
        pad_token_id=0,
        max_new_tokens=32,
    )
    assert never not in generated[0, 80:]
    assert [s.id for s in steps if isinstance(s, Token)] == generated[0, 80:].tolist()
    assert isinstance(steps[-1], Stop)
    assert steps[-1].reason == "length"


def test_a_stop_token_ends_the_answer_and_is_not_part_of_it(engine: LocalEngine) -> None:
    inputs = random_prompt(40)
    ids = [s.id for s in engine.generate(inputs, greedy, max_tokens=6) if isinstance(s, Token)]
    stopping = LocalEngine(engine._network, engine._tokenizer, frozenset([ids[3]]))
    steps = list(stopping.generate(inputs, greedy, max_tokens=6))
    assert [s.id for s in steps if isinstance(s, Token)] == ids[: ids.index(ids[3])]
    assert isinstance(steps[-1], Stop)
    assert steps[-1].reason == "stop"


def test_a_prompt_that_fills_the_context_is_refused_before_computing(engine: LocalEngine) -> None:
    inputs = random_prompt(engine.context_length)
    with pytest.raises(GlmvError, match="4096 tokens"):
        next(engine.generate(inputs, greedy, max_tokens=5))


def test_the_answer_ends_where_the_context_ends(engine: LocalEngine) -> None:
    inputs = random_prompt(engine.context_length - 2)
    assert len(list(engine.generate(inputs, greedy, max_tokens=5))) == 3


def test_text_comes_in_whole_characters(engine: LocalEngine) -> None:
    wanted = engine._tokenizer.encode("a 🎈 中").ids
    script = iter(wanted)
    steps = list(engine.generate(random_prompt(30), lambda ids, logits: next(script), max_tokens=len(wanted)))
    texts = [s.text for s in steps if isinstance(s, Token)]
    assert "".join(texts) == "a 🎈 中"
    assert "" in texts  # the first bytes of a character are held back
    assert all("\ufffd" not in text for text in texts)
