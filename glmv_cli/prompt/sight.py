"""How one checkpoint sees: its rules for the pixels of pictures and films, and how these stand in a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glmv_cli.families import VideoRule, video_rule_of
from glmv_cli.media.frames import FrameSampler
from glmv_cli.messages import SeeingOptions
from glmv_cli.prompt.pixels import Grid, PixelRules, target_size
from glmv_cli.prompt.sampling import frame_sampler
from glmv_cli.store.json_files import read_json

IMAGE_TOKEN, VIDEO_TOKEN = "<|image|>", "<|video|>"
VIDEO_START, VIDEO_END = "<|begin_of_video|>", "<|end_of_video|>"
_FRAME = "<|begin_of_image|>{tokens}<|end_of_image|>"
_OLDEST_RULE = "Glm4vVideoProcessor"
"""Checkpoints from before there were others do not name theirs."""
_IMAGES, _VIDEOS, _BOTH = "preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json"
"""The last is what transformers 5 writes instead of the others."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The processors of one checkpoint."""

    image_rules: PixelRules
    video_rules: PixelRules
    video_rule: VideoRule
    video_config: Mapping[str, Any]
    sampler: FrameSampler

    @classmethod
    def of(cls, directory: Path) -> Sight:
        """From the processor configs; raises :class:`ModelError` if one is missing or unusable."""
        both = read_json(directory / _BOTH, default={})
        image_name, image = _config(directory, _IMAGES, both.get("image_processor"))
        video_name, video = _config(directory, _VIDEOS, both.get("video_processor"), default=image)
        rule = video_rule_of(video.get("video_processor_type", _OLDEST_RULE), directory.name)
        return cls(
            PixelRules.from_config(image, directory / image_name),
            PixelRules.from_config(video, directory / video_name, film=True),
            rule,
            video,
            frame_sampler(rule, video),
        )

    def within(self, seeing: SeeingOptions) -> Sight:
        """With budgets as tight as is asked, and what of films is wished. Raises :class:`UsageError` for a budget that
        cannot be kept.
        """
        film = seeing.film
        if film.max_tokens is not None:  # a temporal patch is a token at least
            most = film.max_tokens * self.video_rules.temporal_patch_size
            film = replace(film, max_frames=most if film.max_frames is None else min(most, film.max_frames))
        return replace(
            self,
            image_rules=self.image_rules.within(seeing.min_image_tokens, seeing.max_image_tokens),
            video_rules=self.video_rules.within(None, film.max_tokens),
            sampler=frame_sampler(self.video_rule, self.video_config, film),
        )

    def fit(self, count: int, height: int, width: int) -> tuple[int, int]:
        """The size in which ``count`` frames of a film are shown to the model."""
        return target_size(count, height, width, self.video_rules)

    def fit_picture(self, count: int, height: int, width: int) -> tuple[int, int]:
        """The size in which a picture or a page is shown to the model."""
        return target_size(count, height, width, self.image_rules)

    def image_text(self, grid: Grid) -> str:
        """What stands for a picture, between the template's marks."""
        return IMAGE_TOKEN * self.image_rules.tokens(grid)

    def video_text(self, times: Sequence[float], grid: Grid) -> str:
        """Each temporal patch, with the time of its first frame; ``times`` are those of all frames, in seconds. Its
        tokens are image tokens: the family's choice.
        """
        steps, height, width = grid
        return "".join(self.patch_texts(times, self.video_rules.tokens((1, height, width)))[:steps])

    def patch_texts(self, times: Sequence[float], tokens: int = 0) -> list[str]:
        """By temporal patch; each with as many ``tokens`` of vision."""
        frame = _FRAME.format(tokens=IMAGE_TOKEN * tokens)
        return [frame + self.video_rule.time_text(time) for time in times[:: self.video_rules.temporal_patch_size]]


def _config(
    directory: Path, name: str, nested: object, default: dict[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """A processor's settings, and the file that they are from."""
    if isinstance(nested, dict) and not (directory / name).exists():
        return _BOTH, nested
    return name, read_json(directory / name, default=default)
