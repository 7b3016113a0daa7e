"""Training can be interrupted: what is restored goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from torch import distributed

from tools.demo_model.batches import Batches, Mix
from tools.demo_model.config import model_config
from tools.demo_model.learner import Learner
from tools.demo_model.train import TALK, talk_step

BEFORE, AFTER = 3, 4
MIX = Mix(stills=6, films=1)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path) -> Iterator[None]:
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/ranks", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.fixture
def tokenizer(original_directory: Path) -> Tokenizer:
    return Tokenizer.from_file(str(original_directory / "tokenizer.json"))


def learn(learner: Learner, batches: Batches, step: int) -> dict[str, float]:
    shown = talk_step(learner, batches[step], 0.5)
    learner.step(TALK.factor(step))
    return shown


def test_a_restored_run_goes_on_bit_by_bit(tokenizer: Tokenizer, tmp_path: Path) -> None:
    config = model_config(tokenizer)
    batches = Batches(tokenizer, MIX, seed=1, rank=0)
    straight = Learner(config, seed=1, rate=1e-3, tower_rate=1e-3)
    learn(straight, batches, BEFORE)
    straight.save(tmp_path / "state.pt", "talk", BEFORE + 1)
    learn(straight, batches, AFTER)

    restored = Learner(config, seed=2, rate=1e-3, tower_rate=1e-3)
    assert restored.load(tmp_path / "state.pt") == ("talk", BEFORE + 1)
    learn(restored, batches, AFTER)
    for name, value in straight.model.state_dict().items():
        assert torch.equal(value, restored.model.state_dict()[name]), name


def test_a_few_steps_on_one_batch_lower_its_loss(tokenizer: Tokenizer) -> None:
    batches = Batches(tokenizer, MIX, seed=1, rank=0)
    learner = Learner(model_config(tokenizer), seed=1, rate=2e-3, tower_rate=2e-3)
    losses = []
    for _ in range(6):
        losses.append(talk_step(learner, batches[0], 0.5)["stills"])
        learner.step(1.0)
    assert losses[-1] < losses[0] - 1


def test_the_same_step_gives_the_same_batch_and_another_rank_another_one(tokenizer: Tokenizer) -> None:
    def ids(rank: int, step: int) -> list[list[int]]:
        batch = Batches(tokenizer, MIX, seed=1, rank=rank)[step]
        return [part.ids.tolist() for part in batch]

    assert ids(0, 5) == ids(0, 5)
    assert ids(0, 5) != ids(1, 5)
    assert ids(0, 5) != ids(0, 6)


def test_the_demo_has_the_tokenizer_that_it_is_trained_with(original_directory: Path) -> None:
    from tools.demo_model.tokenizer import load_tokenizer

    assert load_tokenizer().to_str() == Tokenizer.from_file(str(original_directory / "tokenizer.json")).to_str()


def test_the_tokenizer_is_learnt_alike_every_time() -> None:
    from tools.demo_model.tokenizer import learn_tokenizer

    assert learn_tokenizer().to_str() == learn_tokenizer().to_str()


@pytest.mark.parametrize("text", ["中国 🎈 naïve", "a\tb\n\n  c", "\x00\x7f", "12 + 30 = 42", "नमस्ते", "ﷺ"])
def test_any_text_round_trips(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text
