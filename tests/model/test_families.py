"""Every family, from a released checkpoint's layout through the quantizer and the loader to its tokens."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from glmv_cli.engine.local import LocalEngine, Token
from glmv_cli.families import FAMILIES
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.modules import Experts4bit, Linear4bit
from glmv_cli.model.network import network_of
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.prompt.inputs import ModelInputs
from tests.checkpoints import write_checkpoint
from tests.reference import dequantized_model, greedy_tokens, logits_of, random_prompt
from tests.releases import RELEASES

Load = Callable[[str], tuple[PreTrainedModel, PreTrainedModel]]
PROMPTS = {
    "text": random_prompt(100),
    "a picture": random_prompt(100, picture=True),
    "two pictures": random_prompt(100, picture=True, another_picture=True),
    "a film": random_prompt(100, film=True),
    "a film and a picture": random_prompt(100, picture=True, film=True),
}
CASES = pytest.mark.parametrize(
    ("release", "prompt"),
    [
        (name, prompt)
        for name, release in RELEASES.items()
        for prompt in PROMPTS
        if release.processor or prompt == "text"
    ],
)
VARIANTS: dict[str, dict[str, object]] = {
    "shards": {"shards": 3},
    "a tied head": {"tied": True},
    "layers for multi-token prediction": {"mtp": True, "shards": 2},
    "keys of the old layout": {"prefix": "model."},
    "keys with a prefix": {"prefix": "model.language_model."},
    "float16": {"dtype": "float16"},
    "float32": {"dtype": "float32"},
    "everything at once": {"prefix": "model.", "mtp": True, "tied": True, "shards": 4},
}


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """A release's quantized checkpoint as we load it, and as transformers computes its weights unpacked."""

    @functools.lru_cache
    def loaded(release: str) -> tuple[PreTrainedModel, PreTrainedModel]:
        directory = quantized(tmp_path_factory.mktemp("family"), release)
        return load_model(*open_checkpoint(directory)), dequantized_model(directory)

    return loaded


def quantized(directory: Path, release: str, **variant: object) -> Path:
    source = write_checkpoint(directory / "16-bit", release, **variant)  # type: ignore[arg-type]
    quantize_checkpoint(source, directory / "4-bit")
    return directory / "4-bit"


def assert_same_logits(ours: PreTrainedModel, reference: PreTrainedModel, inputs: ModelInputs) -> None:
    with torch.inference_mode():
        got, expected = logits_of(ours, inputs), logits_of(reference, inputs)
    assert (got - expected).abs().max() <= 1e-4 * expected.abs().max()


@CASES
def test_logits_equal_those_of_transformers_on_unpacked_weights(load: Load, release: str, prompt: str) -> None:
    assert_same_logits(*load(release), PROMPTS[prompt])


@CASES
def test_64_greedy_tokens_equal_those_of_transformers(
    load: Load, demo_directory: Path, release: str, prompt: str
) -> None:
    ours, reference = load(release)
    tokenizer = Tokenizer.from_file(str(demo_directory / "tokenizer.json"))
    engine = LocalEngine(network_of(ours), tokenizer, frozenset(), chunk=33)
    steps = engine.generate(PROMPTS[prompt], lambda ids, logits: int(logits.argmax(-1)), 64)
    answer = [step.id for step in steps if isinstance(step, Token)]
    with torch.inference_mode():
        assert answer == greedy_tokens(reference, PROMPTS[prompt], answer)
    assert len(answer) == 64


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("release", FAMILIES)
def test_variants_of_the_layout_load(release: str, variant: str, tmp_path: Path) -> None:
    directory = quantized(tmp_path, release, **VARIANTS[variant])
    model = load_model(*open_checkpoint(directory))
    see = RELEASES[release].processor is not None
    assert_same_logits(model, dequantized_model(directory), PROMPTS["a picture" if see else "text"])


@pytest.mark.parametrize("release", RELEASES)
def test_every_matrix_of_the_language_model_is_packed(load: Load, release: str) -> None:
    model, reference = load(release)
    kinds = [type(module) for module in model.get_decoder().modules()]
    linear = sum(type(module) is torch.nn.Linear for module in reference.get_decoder().modules())
    assert kinds.count(Linear4bit) == linear
    assert kinds.count(Experts4bit) == (0 if release in ("glm4v", "glm46v") else 2)
    assert torch.nn.Linear not in kinds
