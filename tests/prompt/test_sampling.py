"""Which frames of a film are shown: the rule of the family's own video processor."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from transformers.models.glm4v.video_processing_glm4v import Glm4vVideoProcessor
from transformers.video_utils import VideoMetadata

from glmv_cli.families import VIDEO_RULES
from glmv_cli.media.frames import VideoInfo
from glmv_cli.prompt.sampling import frame_sampler

RULE = VIDEO_RULES["Glm4vVideoProcessor"]


@pytest.mark.parametrize("fps", [1.0, 12.0, 24.0, 29.97, 60.0])
@pytest.mark.parametrize("seconds", [0.2, 1.0, 4.5, 60.0, 299.0, 301.0, 4000.0])
def test_frames_are_those_of_the_library(fps: float, seconds: float) -> None:
    total = max(1, int(fps * seconds))
    metadata = VideoMetadata(total_num_frames=total, fps=fps, duration=total / fps)
    expected = Glm4vVideoProcessor.sample_frames(SimpleNamespace(fps=2, max_duration=300), metadata).tolist()
    sample = frame_sampler(RULE, {"fps": 2, "max_duration": 300})
    assert list(sample(VideoInfo(total, fps, total / fps, 320, 240))) == expected


def test_two_frames_a_second() -> None:
    sample = frame_sampler(RULE, {})
    assert list(sample(VideoInfo(36, 12.0, 3.0, 320, 240))) == [0, 6, 12, 18, 24, 30]


def test_long_films_are_spread_over_600_frames() -> None:
    sample = frame_sampler(RULE, {})
    frames = list(sample(VideoInfo(24 * 7200, 24.0, 7200.0, 320, 240)))
    assert len(frames) == 600
    assert frames[0] == 0
    assert frames[-1] == 24 * 7200 - 1
