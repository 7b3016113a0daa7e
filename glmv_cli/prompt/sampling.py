"""Which frames of a film a model is shown: the rule of its family's video processor in transformers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from transformers.video_utils import VideoMetadata

from glmv_cli.families import Family
from glmv_cli.media.frames import FrameSampler, VideoInfo


def frame_sampler(family: Family, video_config: Mapping[str, Any]) -> FrameSampler:
    """The rule, with the settings of a ``video_preprocessor_config.json``.

    Only ``sample_frames`` of the class is used: it is plain arithmetic, while its constructor asks for torchvision.
    """
    module = importlib.import_module(f"transformers.models.{family.video_module}")
    video_class = getattr(module, family.video_processor)
    rule: Callable[..., Any] = video_class.sample_frames
    settings = SimpleNamespace(
        fps=video_config.get("fps", video_class.fps),
        max_duration=video_config.get("max_duration", video_class.max_duration),
    )

    def sample(info: VideoInfo) -> Sequence[int]:
        metadata = VideoMetadata(
            total_num_frames=info.total_frames,
            fps=info.fps,
            width=info.width,
            height=info.height,
            duration=info.duration,
        )
        return [int(index) for index in rule(settings, metadata)]

    return sample
