"""What a picture or film will take of the context, before it is decoded: by its header and the checkpoint's rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glmv_cli.media.image import image_size
from glmv_cli.media.kind import kind_of
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.pixels import PixelRules, picture_tokens, target_size
from glmv_cli.prompt.sight import Sight

_AS_TRAINED = SeeingOptions()


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of one picture or film; ``seconds`` is ``None`` for a picture. ``tokens`` leaves out the texts of times."""

    width: int
    height: int
    seconds: float | None
    tokens: int


def estimate(source: MediaSource, directory: Path, max_pixels: int, seeing: SeeingOptions = _AS_TRAINED) -> Estimate:
    """What the checkpoint in ``directory`` will be shown of ``source``.

    Raises :class:`MediaError` for media that cannot be used, :class:`ModelError` if there are no processor configs, and
    :class:`UsageError` for a budget of ``seeing`` that cannot be kept.
    """
    sight = Sight.of(directory).within(seeing)
    if kind_of(source, seeing.animated) == "image":
        width, height = image_size(source)
        return Estimate(width, height, None, picture_tokens(height, width, sight.image_rules))
    if kind_of(source, "first") == "image":
        from glmv_cli.media.animation import animation_info

        info = animation_info(source, max_pixels=max_pixels)
    else:
        from glmv_cli.media.probe import probe

        info = probe(source, max_pixels=max_pixels).told
    tokens = _tokens(len(sight.sampler(info)), info.height, info.width, sight.video_rules)
    return Estimate(info.width, info.height, info.duration, tokens)


def _tokens(count: int, height: int, width: int, rules: PixelRules) -> int:
    new_height, new_width = target_size(count, height, width, rules)
    return rules.tokens(rules.grid(count, new_height, new_width))
