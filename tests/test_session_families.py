"""Every family answers, from its directory to the last event; weights are random, so it does not matter what."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from glmv_cli.events import AnswerDelta, Event, Finished, Notice, ThinkingDelta
from glmv_cli.families import FAMILIES
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import ChatRequest, SamplingOptions
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.session import Session
from tests.asking import user
from tests.checkpoints import write_checkpoint
from tests.releases import RELEASES


@pytest.fixture(scope="module", params=RELEASES)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("family")
    quantize_checkpoint(write_checkpoint(directory / "16-bit", request.param, shards=2, mtp=True), directory / "4-bit")
    return directory / "4-bit"


def events_of(checkpoint: Path, think: bool, *media: str) -> list[Event]:
    request = ChatRequest((user("What is this?", *media),), think, SamplingOptions(max_tokens=8, seed=1))
    return list(Session.open(checkpoint, "model").answer(request, max_pixels=DEFAULT_MAX_PIXELS))


def sees(checkpoint: Path) -> bool:
    return "vision_config" in json.loads((checkpoint / "config.json").read_text())


@pytest.mark.parametrize("think", [True, False])
def test_it_answers(checkpoint: Path, think: bool) -> None:
    media = ("shapes.png", "film.mp4") if sees(checkpoint) else ()
    *deltas, finished = events_of(checkpoint, think, *media)
    assert isinstance(finished, Finished)
    assert 0 < finished.usage.thinking_tokens + finished.usage.answer_tokens <= 8
    assert (finished.usage.image_tokens > 0) == (finished.usage.video_tokens > 0) == bool(media)
    shown = "".join(d.text for d in deltas if isinstance(d, (AnswerDelta, ThinkingDelta)))
    assert shown == finished.thinking + finished.answer


def test_a_model_that_always_thinks_says_so_if_it_shall_not(checkpoint: Path) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    notices = [event.text for event in events_of(checkpoint, False) if isinstance(event, Notice)]
    assert any("thinks before every answer" in notice for notice in notices) == (config["model_type"] == "glm4v")


def test_without_a_generation_config_it_samples_as_its_family_does(checkpoint: Path, tmp_path: Path) -> None:
    family = json.loads((checkpoint / "config.json").read_text())["model_type"]
    without, written = (Path(shutil.copytree(checkpoint, tmp_path / name)) for name in ("without", "written"))
    (without / "generation_config.json").unlink()
    (written / "generation_config.json").write_text(json.dumps(FAMILIES[family].generation))
    first, second = (events_of(directory, True)[-1] for directory in (without, written))
    assert isinstance(first, Finished)
    assert isinstance(second, Finished)
    assert (first.thinking, first.answer) == (second.thinking, second.answer)
