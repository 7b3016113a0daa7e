"""What is known of media before they are decoded: how large a picture is, which frames are wanted of a film."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from glmv_cli.media.frames import DecodedVideo, FrameFit, FrameSampler, VideoInfo
from glmv_cli.media.kind import kind_of
from glmv_cli.media.naming import naming
from glmv_cli.messages import Animated, MediaSource


class FilmChoice(Protocol):
    """The frames of a film that a sampler chose: of them all, one at most is decoded so far."""

    @property
    def info(self) -> VideoInfo:
        """The film."""
        ...

    @property
    def times(self) -> tuple[float, ...]:
        """When each of the frames is shown, in seconds; if the film is damaged, some of them may not be had."""
        ...

    def read(self, fit: FrameFit | None = None) -> DecodedVideo:
        """Decode them. Raises what :func:`glmv_cli.media.load.load` does."""
        ...


Outlook: TypeAlias = tuple[int, int] | FilmChoice
"""Height and width of a picture, or what is wanted of a film."""


def outlook(source: MediaSource, sampler: FrameSampler, *, max_pixels: int, animated: Animated = "film") -> Outlook:
    """By the header of a picture; by the packets of a film and its first frame, which tells size and turn; by the
    blocks of an animated picture, but for AVIF, whose frames are decoded to learn how long they last.

    Raises:
        MediaError: nothing to choose for ``sampler``, of no supported kind, damaged or too large.
        InputNotFoundError: the file cannot be read any more.
    """
    with naming(source):
        if kind_of(source, animated) == "video":
            return _choose_frames(source, sampler, max_pixels)
        from glmv_cli.media.image import image_size  # Pillow, only where there are pictures

        width, height = image_size(source)
        return height, width


def _choose_frames(source: MediaSource, sampler: FrameSampler, max_pixels: int) -> FilmChoice:
    """Of a film or an animated picture."""
    if kind_of(source, "first") == "image":
        from glmv_cli.media.animation import ChosenTicks

        return ChosenTicks.of(source, sampler, max_pixels=max_pixels)
    from glmv_cli.media.video import ChosenFrames  # libav is worth loading only for films

    return ChosenFrames.of(source, sampler, max_pixels=max_pixels)
