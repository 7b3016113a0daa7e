"""Media of either kind, told apart by content."""

from __future__ import annotations

from collections.abc import Sequence

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import DecodedImage, DecodedVideo, FrameFit, FrameSampler, VideoInfo
from glmv_cli.media.kind import kind_of
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import Animated, MediaSource


def load(
    source: MediaSource,
    *,
    sampler: FrameSampler,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    fit: FrameFit | None = None,
    fit_page: FrameFit | None = None,
    animated: Animated = "film",
) -> DecodedImage | DecodedVideo:
    """Decode ``source``. ``sampler`` and ``fit`` are asked only if it is a film, ``fit_page`` only if it is a page of a
    PDF, which is drawn in that size; ``max_pixels`` holds for each frame.

    Animated pictures are films, or only their first frame, as ``animated`` says.

    Raises:
        MediaError: nothing to choose for ``sampler``, of no supported kind, damaged or too large.
        InputNotFoundError: the file cannot be read any more.
        MemoryShortageError: the pixels do not fit in memory.
    """
    if kind_of(source, animated) == "image":
        from glmv_cli.media.image import read_image

        return read_image(source, max_pixels=max_pixels, fit_page=fit_page)

    def choose(info: VideoInfo) -> Sequence[int]:
        try:
            return sampler(info)
        except MediaError as error:
            raise MediaError(f"{source.name}: {error.message}", error.hint) from error

    if kind_of(source, "first") == "image":
        from glmv_cli.media.animation import read_animation

        return read_animation(source, choose, max_pixels=max_pixels, fit=fit)
    from glmv_cli.media.video import read_video  # libav is worth loading only for films

    return read_video(source, choose, max_pixels=max_pixels, fit=fit)
