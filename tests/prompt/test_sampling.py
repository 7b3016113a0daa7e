"""Which frames of a film are shown: the rules of the video processors in transformers."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from transformers.video_utils import VideoMetadata

from glmv_cli.errors import ModelError
from glmv_cli.families import VIDEO_RULES
from glmv_cli.media.frames import VideoInfo
from glmv_cli.prompt.sampling import frame_sampler

SETTINGS = {"fps": 2, "max_duration": 300, "temporal_patch_size": 2}
OLD, NEW = VIDEO_RULES["Glm4vVideoProcessor"], VIDEO_RULES["Glm46VVideoProcessor"]


@pytest.fixture(scope="module")
def library(monkeypatch_module: pytest.MonkeyPatch) -> dict[str, Any]:
    """The classes of transformers. Their modules ask for torchvision; what is called here does without."""
    for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.v2"):
        monkeypatch_module.setitem(sys.modules, name, ModuleType(name))
    sys.modules["torchvision.transforms.v2"].functional = None  # type: ignore[attr-defined]
    return {
        rule.processor: getattr(importlib.import_module(f"transformers.models.{rule.module}"), rule.processor)
        for rule in VIDEO_RULES.values()
    }


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def picked(library: dict[str, Any], processor: str, total: int, fps: float) -> list[int]:
    metadata = VideoMetadata(total_num_frames=total, fps=fps, duration=total / fps)
    frames: list[int] = library[processor].sample_frames(SimpleNamespace(**SETTINGS), metadata).tolist()
    return frames


def film(total: int, fps: float) -> VideoInfo:
    return VideoInfo(total, fps, total / fps, 320, 240)


@pytest.mark.parametrize("processor", VIDEO_RULES)
@pytest.mark.parametrize("fps", [1.0, 12.0, 24.0, 29.97, 60.0])
@pytest.mark.parametrize("seconds", [0.4, 1.0, 4.5, 29.9, 30.1, 60.0, 299.0, 301.0, 2300.0, 4000.0])
def test_frames_are_those_of_the_library(library: dict[str, Any], processor: str, fps: float, seconds: float) -> None:
    total = max(1, int(fps * seconds))
    sample = frame_sampler(VIDEO_RULES[processor], SETTINGS)
    assert list(sample(film(total, fps))) == picked(library, processor, total, fps)


@given(st.sampled_from(sorted(VIDEO_RULES)), st.integers(1, 4000), st.floats(0.5, 120))
def test_any_film_is_cut_as_the_library_cuts_it(
    library: dict[str, Any], processor: str, total: int, fps: float
) -> None:
    frames = list(frame_sampler(VIDEO_RULES[processor], SETTINGS)(film(total, fps)))
    expected = picked(library, processor, total, fps)
    assert len(frames) % 2 == 0
    assume(expected)  # of the shortest films, the library takes nothing
    assert frames == expected


@pytest.mark.parametrize("rule", VIDEO_RULES.values(), ids=VIDEO_RULES)
def test_of_the_shortest_film_its_first_frame_is_shown(rule: Any) -> None:
    assert list(frame_sampler(rule, SETTINGS)(film(1, 60.0))) == [0, 0]


def test_two_frames_a_second() -> None:
    assert list(frame_sampler(OLD, {})(film(36, 12.0))) == [0, 6, 12, 18, 24, 30]


def test_long_films_are_spread_over_600_frames() -> None:
    frames = list(frame_sampler(OLD, {})(film(24 * 7200, 24.0)))
    assert len(frames) == 600
    assert frames[0] == 0
    assert frames[-1] == 24 * 7200 - 1


@pytest.mark.parametrize(("seconds", "frames"), [(10, 60), (30, 180), (100, 200), (300, 600), (400, 400), (2400, 640)])
def test_4_6v_takes_fewer_frames_a_second_of_longer_films(seconds: int, frames: int) -> None:
    assert len(list(frame_sampler(NEW, {})(film(24 * seconds, 24.0)))) == frames


@pytest.mark.parametrize("change", [{"fps": 0}, {"fps": "two"}, {"max_duration": None}, {"fps": True}])
def test_settings_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=next(iter(change))):
        frame_sampler(OLD, change)(film(36, 12.0))
