"""Rounding activations hardly changes what a trained model says next: the demo model, asked about drawn scenes."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from glmv_cli.engine.local import LocalEngine
from glmv_cli.kernels import library, native
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.load import load
from glmv_cli.messages import MediaPart, MediaSource, Message, TextPart
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import Network, network_of
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import ModelInputs
from tests.engine.fakes import greedy, tokens_of
from tools.demo_model.cases import Case, box_cases, film_cases, scene_cases

LOADED = library.load()
KERNELS = native.kernels_of(LOADED) if isinstance(LOADED, ctypes.CDLL) else ()
ROUNDING = [kernel.name for kernel in KERNELS if kernel.precision != "exact"]
SEED, SCENES, BOXES, FILMS = 77_000, 6, 6, 2
STOP = (0, 7, 9)
"""The ends of an answer, as the demo's config has them."""
LONGEST = 120
"""Tokens of an answer that are looked at."""


@pytest.fixture(scope="module")
def network(demo_directory: Path) -> Network:
    return network_of(load_model(*open_checkpoint(demo_directory)))


@pytest.fixture(scope="module")
def prompts(demo_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> list[ModelInputs]:
    """Questions of the evaluation about pictures that neither it nor training draws; half of them with thinking."""
    folder = tmp_path_factory.mktemp("scenes")
    drawn = [*scene_cases(folder, SEED, SCENES), *box_cases(folder, SEED, BOXES), *film_cases(folder, SEED, FILMS)]
    cases = [case for case in drawn if case.condition in ("clean", "H.264")]
    builder = PromptBuilder(demo_directory)
    return [prompt(builder, case, think=number % 2 == 0) for number, case in enumerate(cases)]


def prompt(builder: PromptBuilder, case: Case, *, think: bool) -> ModelInputs:
    source = MediaSource(case.path.name, case.path)
    shown = load(source, sampler=builder.sight.sampler, fit=builder.sight.fit, max_pixels=DEFAULT_MAX_PIXELS)
    message = Message("user", (MediaPart(source), TextPart(case.prompt)))
    return builder.build([message], {source: shown}, think)


def answered(
    network: Network, tokenizer: Tokenizer, inputs: ModelInputs, answer: list[int] | None = None
) -> tuple[list[int], torch.Tensor]:
    """Greedy tokens, or these, and what was likely at each place: logarithms ``[n, vocabulary]``."""
    seen: list[torch.Tensor] = []

    def sampler(ids: torch.Tensor, logits: torch.Tensor) -> int:
        seen.append(logits[0].double().log_softmax(-1))
        return greedy(ids, logits) if answer is None else answer[len(seen) - 1]

    engine = LocalEngine(network, tokenizer, frozenset(STOP))  # a new one: it remembers no prompt
    tokens = tokens_of(engine, inputs, LONGEST if answer is None else len(answer), sampler)
    return tokens, torch.stack(seen)[: len(tokens)]


@pytest.mark.slow
@pytest.mark.parametrize("setting", ROUNDING)
def test_next_tokens_are_as_likely_as_with_exact_products(
    network: Network,
    demo_directory: Path,
    prompts: list[ModelInputs],
    setting: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = Tokenizer.from_file(str(demo_directory / "tokenizer.json"))
    divergences, same = [], []
    for inputs in prompts:
        monkeypatch.setenv(native.VARIABLE, "exact")
        answer, exact = answered(network, tokenizer, inputs)
        monkeypatch.setenv(native.VARIABLE, setting)
        _, rounded = answered(network, tokenizer, inputs, answer)
        divergences.append((exact.exp() * (exact - rounded)).sum(-1))
        same.append(exact.argmax(-1) == rounded.argmax(-1))
    found = torch.cat(divergences)
    assert len(found) > 500
    assert 0 < found.mean() < 1e-3
    assert torch.cat(same).double().mean() > 0.99
