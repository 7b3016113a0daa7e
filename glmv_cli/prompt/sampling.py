"""Which frames of a film a model is shown: the rules of the video processors in transformers.

Written out here, because the classes there cannot be imported without torchvision, which their other half needs.
Tests hold that the same frames are picked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from glmv_cli.errors import ModelError
from glmv_cli.families import VideoRule
from glmv_cli.media.frames import FrameSampler, VideoInfo
from glmv_cli.messages import FilmOptions
from glmv_cli.prompt.clip import clip_of

_PACES = ((30.0, 3.0), (300.0, 1.0), (math.inf, 0.5))
"""GLM-4.6V: for films of up to so many seconds, so many temporal patches a second."""
_LONGEST = 2400.0
"""GLM-4.6V: from here on, a film's length does not add frames."""
_MOST_FRAMES = 640


_AS_TRAINED = FilmOptions()


def frame_sampler(rule: VideoRule, video_config: Mapping[str, Any], wished: FilmOptions = _AS_TRAINED) -> FrameSampler:
    """The rule, with the settings of a ``video_preprocessor_config.json``, and what the user wishes else.

    The sampler raises :class:`MediaError` if the film ends before ``wished.start``.
    """
    pick, most = _RULES[rule.processor]

    def sample(info: VideoInfo) -> list[int]:
        first, clip = clip_of(info, wished)
        if wished.fps is None:
            frames = list(dict.fromkeys(pick(clip, video_config)))
        else:
            frames = list(dict.fromkeys(_every(clip, wished.fps, wished.max_frames or most(video_config))))
        if wished.max_frames is not None and len(frames) > wished.max_frames:
            frames = [frames[place] for place in _spread(0, len(frames) - 1, wished.max_frames)]
        frames = [first + frame for frame in frames]
        return frames + frames[-1:] if len(frames) % 2 else frames

    return sample


def _every(info: VideoInfo, rate: float, most: int) -> Iterable[int]:
    """As many frames a second as are wished; of longer films, ``most`` at even distances."""
    last = info.total_frames - 1
    count = max(int(info.duration * rate), 1)
    if count > most:
        return _spread(0, last, most)
    return [min(last, math.ceil(i * info.fps / rate)) for i in range(count)]


def _at_a_rate(info: VideoInfo, config: Mapping[str, Any]) -> Iterable[int]:
    """GLM-4.1V and 4.5V: two frames a second; of films over five minutes, as many as those of five minutes have."""
    rate, longest = _positive(config, "fps", 2), _positive(config, "max_duration", 300)
    last = info.total_frames - 1
    duration = info.duration or round(last / info.fps) + 1
    if duration <= longest:
        count = max(int(duration * rate), 1)
        return [min(last, math.ceil(i * info.fps / rate)) for i in range(count)]
    count = int(longest * rate)
    if count >= info.total_frames:
        return range(info.total_frames)
    return [min(last, math.ceil(t * info.fps)) for t in np.linspace(0, duration, count)]


def _by_length(info: VideoInfo, config: Mapping[str, Any]) -> Iterable[int]:
    """GLM-4.6V: the longer the film, the fewer pairs of frames a second."""
    last = info.total_frames - 1
    duration = info.duration or round(last / info.fps) + 1
    counted = min(duration, _LONGEST)
    rate = next(pace for limit, pace in _PACES if counted <= limit) * _positive(config, "temporal_patch_size", 2)
    count = min(int(counted * rate), _MOST_FRAMES)
    if info.total_frames < count:
        return _spread(0, last, count)
    frames = _at_times(info, 1 / rate, int(duration), count)
    if len(frames) < count:
        return _spread(frames[0], frames[-1], count)
    return _spread(0, last, count) if len(frames) > count else frames


def _at_times(info: VideoInfo, step: float, end: int, most: int) -> list[int]:
    """The first frame at or after each multiple of ``step`` seconds, until ``end``; of each film at least one.

    More than ``most`` are one more: damaged films may say that they last for years.
    """
    frames: list[int] = []
    wanted, length = 0.0, 1 / info.fps
    for index in range(info.total_frames):
        if index * length >= wanted:
            wanted += step
            frames.append(index)
            if wanted >= end or len(frames) > most:
                break
    return frames


def _spread(first: int, last: int, count: int) -> list[int]:
    """``count`` frames from ``first`` to ``last`` at even distances; the first alone, if there is room for none."""
    return [int(frame) for frame in np.linspace(first, last, count, dtype=int)] or [first]


def _positive(config: Mapping[str, Any], key: str, default: float) -> float:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ModelError(f"the video processor's '{key}' is {value!r}", "copy the checkpoint again")
    return value


def _most_at_a_rate(config: Mapping[str, Any]) -> int:
    return int(_positive(config, "fps", 2) * _positive(config, "max_duration", 300))


_Config: TypeAlias = Mapping[str, Any]
_RULES: Mapping[str, tuple[Callable[[VideoInfo, _Config], Iterable[int]], Callable[[_Config], int]]] = {
    "Glm4vVideoProcessor": (_at_a_rate, _most_at_a_rate),
    "Glm46VVideoProcessor": (_by_length, lambda config: _MOST_FRAMES),
}
"""By processor: which frames it picks, and how many at most."""
