"""Which frames of a film a model is shown: the rule of its family's video processor in transformers."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from transformers.video_utils import VideoMetadata

from glmv_cli.families import VideoRule
from glmv_cli.media.frames import FrameSampler, VideoInfo

_SETTINGS = ("fps", "max_duration", "temporal_patch_size")
"""What the rules read of their processor; the class has the defaults."""


def frame_sampler(rule: VideoRule, video_config: Mapping[str, Any]) -> FrameSampler:
    """The rule, with the settings of a ``video_preprocessor_config.json``.

    The object is made without its constructor, which asks for torchvision: picking frames is plain arithmetic.
    """
    processor_class = getattr(importlib.import_module(f"transformers.models.{rule.module}"), rule.processor)
    processor = object.__new__(processor_class)
    for name in _SETTINGS:
        if name in video_config:
            setattr(processor, name, video_config[name])

    def sample(info: VideoInfo) -> Sequence[int]:
        metadata = VideoMetadata(
            total_num_frames=info.total_frames,
            fps=info.fps,
            width=info.width,
            height=info.height,
            duration=info.duration,
        )
        return [int(index) for index in processor.sample_frames(metadata)]

    return sample
