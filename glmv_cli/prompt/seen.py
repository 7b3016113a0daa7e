"""What a model will see of a picture or film: its very pixels, their times, and what they cost; without torch."""

from __future__ import annotations

from dataclasses import dataclass

from glmv_cli.media.frames import DecodedImage, Pixels
from glmv_cli.media.load import load
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.prompt.pixels import Grid, fitted
from glmv_cli.prompt.sight import Sight


@dataclass(frozen=True, slots=True)
class FilmSeen:
    """What there is of a film, and how its frames are timed."""

    total_frames: int
    duration: float
    """Seconds."""
    times: tuple[float, ...]
    """When each frame is shown; one that fills up the last temporal patch is not counted."""
    time_texts: tuple[str, ...]
    """What the prompt says on each temporal patch."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture or film as the vision tower gets it. ``film`` is ``None`` for a picture."""

    frames: Pixels  # [T, H, W, 3]
    width: int
    height: int
    """As it comes from the file, upright."""
    grid: Grid
    tokens: int
    """Vision tokens; marks and times around them are text."""
    together: int = 1
    """How many frames make a temporal patch."""
    film: FilmSeen | None = None
    notice: str | None = None


def see(source: MediaSource, sight: Sight, seeing: SeeingOptions, *, max_pixels: int) -> Seen:
    """Decode, choose and resize as for an answer. ``max_pixels``: the largest picture or frame that is decoded.

    Raises what :func:`glmv_cli.media.load.load` does, :class:`MediaError` for a shape that the model cannot take, and
    :class:`UsageError` for a budget that cannot be kept.
    """
    sight = sight.within(seeing)
    image_rules, video_rules = sight.image_rules, sight.video_rules
    shown = load(
        source,
        sampler=sight.sampler,
        max_pixels=max_pixels,
        fit=sight.fit,
        fit_picture=sight.fit_picture,
        animated=seeing.animated,
        page_seconds=seeing.page_seconds,
    )
    if isinstance(shown, DecodedImage):
        grid = image_rules.grid(1, *shown.pixels.shape[:2])
        return Seen(shown.pixels[None], shown.width, shown.height, grid, image_rules.tokens(grid))
    info, count = shown.info, len(shown.times)
    frames = fitted(shown.frames, video_rules, (info.height, info.width))
    grid = video_rules.grid(*frames.shape[:3])
    starts = shown.times[:: video_rules.temporal_patch_size]
    film = FilmSeen(info.total_frames, info.duration, shown.times, tuple(map(sight.video_rule.time_text, starts)))
    tokens, together = video_rules.tokens(grid), video_rules.temporal_patch_size
    return Seen(frames[:count], info.width, info.height, grid, tokens, together, film, shown.notice)
