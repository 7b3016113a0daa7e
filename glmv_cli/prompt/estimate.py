"""What a picture or film will take of the context, before it is decoded: by its header and the checkpoint's rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glmv_cli.media.outlook import outlook
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.pixels import tokens_of
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
    seen = outlook(source, sight.sampler, max_pixels=max_pixels, animated=seeing.animated)
    if isinstance(seen, tuple):
        height, width = seen
        return Estimate(width, height, None, tokens_of(1, height, width, sight.image_rules))
    info = seen.info
    tokens = tokens_of(len(seen.times), info.height, info.width, sight.video_rules)
    return Estimate(info.width, info.height, info.duration, tokens)
