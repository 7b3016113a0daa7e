"""The same engine drives every family: against transformers' own forward and ``generate``, with random weights."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import Tokenizer

from glmv_cli.engine.local import LocalEngine
from glmv_cli.engine.sampler import make_sampler
from glmv_cli.messages import SamplingOptions
from glmv_cli.model.network import network_of
from glmv_cli.prompt.inputs import ModelInputs
from tests.checkpoints import write_checkpoint
from tests.engine.fakes import first_logits, tokens_of
from tests.reference import forward_arguments, logits_of, longer, random_prompt
from tests.releases import GENERATION, RELEASES

MEDIA = [(False, False), (True, False), (False, True), (True, True)]


def cases(media: list[tuple[bool, bool]]) -> pytest.MarkDecorator:
    """Every release, with a ``picture`` and a ``film`` as ``media`` says, or with text alone if it only reads."""
    return pytest.mark.parametrize(
        ("release", "picture", "film"),
        [(name, *shown) for name, release in RELEASES.items() for shown in (media if release.processor else media[:1])],
    )


CASES = cases(MEDIA)
ONE_KIND = cases(MEDIA[:3])
"""``generate`` of transformers refuses a picture and a film at once."""


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> functools._lru_cache_wrapper[transformers.PreTrainedModel]:
    """A release's model, in float32; every one is made once."""

    @functools.lru_cache
    def loaded(release: str) -> transformers.PreTrainedModel:
        directory = write_checkpoint(tmp_path_factory.mktemp("family"), release, dtype="float32")
        model_class = getattr(transformers, RELEASES[release].config["architectures"][0])
        return model_class.from_pretrained(directory, dtype=torch.float32).eval()

    return loaded


def engine_of(model: transformers.PreTrainedModel, demo_directory: Path, chunk: int = 512) -> LocalEngine:
    tokenizer = Tokenizer.from_file(str(demo_directory / "tokenizer.json"))
    return LocalEngine(network_of(model), tokenizer, frozenset(), chunk=chunk)


def expected_logits(model: transformers.PreTrainedModel, inputs: ModelInputs) -> torch.Tensor:
    """``[vocabulary]`` after the last token, of one pass."""
    with torch.inference_mode():
        return logits_of(model, inputs)[0, -1]


@CASES
def test_chunks_equal_one_pass(
    load: functools._lru_cache_wrapper[transformers.PreTrainedModel], demo_directory: Path, release: str,
    picture: bool, film: bool,
) -> None:  # fmt: skip
    model, inputs = load(release), random_prompt(90, picture=picture, film=film)
    expected = expected_logits(model, inputs)
    for chunk in (11, 64, 500):
        got, _ = first_logits(engine_of(model, demo_directory, chunk), inputs)
        assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()


@CASES
def test_a_reused_beginning_equals_one_pass(
    load: functools._lru_cache_wrapper[transformers.PreTrainedModel], demo_directory: Path, release: str,
    picture: bool, film: bool,
) -> None:  # fmt: skip
    """Prompt and answer of one turn, and more text; then the same with another ending."""
    model, inputs = load(release), random_prompt(90, picture=picture, film=film)
    engine = engine_of(model, demo_directory)
    answer = tokens_of(engine, inputs, 20)
    for later, known in (([*answer, 30, 40], 109), ([*answer[:7], 50, 60, 70], 97)):
        following = longer(inputs, *later)
        got, cached = first_logits(engine, following)
        expected = expected_logits(model, following)
        assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()
        assert cached == known


@ONE_KIND
def test_greedy_tokens_equal_those_of_generate(
    load: functools._lru_cache_wrapper[transformers.PreTrainedModel], demo_directory: Path, release: str,
    picture: bool, film: bool,
) -> None:  # fmt: skip
    model, inputs = load(release), random_prompt(90, picture=picture, film=film)
    arguments = forward_arguments(inputs) if RELEASES[release].processor else {"input_ids": inputs.ids}
    generated = model.generate(
        **arguments,
        attention_mask=torch.ones_like(inputs.ids),
        do_sample=False,
        repetition_penalty=GENERATION["repetition_penalty"],
        eos_token_id=10_000,  # none that comes
        pad_token_id=0,
        max_new_tokens=64,
    )[0, 90:].tolist()
    sampler = make_sampler(SamplingOptions(temperature=0.0), GENERATION)
    assert tokens_of(engine_of(model, demo_directory), inputs, 64, sampler) == generated
