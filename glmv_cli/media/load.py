"""Media of either kind, told apart by content."""

from __future__ import annotations

from glmv_cli.media.frames import DecodedImage, DecodedVideo, FrameFit, FrameSampler
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS, DEFAULT_PAGE_SECONDS
from glmv_cli.media.naming import naming
from glmv_cli.media.outlook import Outlook, outlook
from glmv_cli.messages import Animated, MediaSource


def load(
    source: MediaSource,
    *,
    sampler: FrameSampler,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    fit: FrameFit | None = None,
    fit_picture: FrameFit | None = None,
    animated: Animated = "film",
    page_seconds: float = DEFAULT_PAGE_SECONDS,
) -> DecodedImage | DecodedVideo:
    """Decode ``source``. ``sampler`` and ``fit`` are asked only if it is a film, ``fit_picture`` only if it is a
    picture or a page; ``max_pixels`` holds for each frame, ``page_seconds`` for drawing a page.

    Animated pictures are films, or only their first frame, as ``animated`` says.

    Raises:
        MediaError: nothing to choose for ``sampler``, of no supported kind, damaged or too large.
        InputNotFoundError: the file cannot be read any more.
        MemoryShortageError: the pixels do not fit in memory.
    """
    known = outlook(source, sampler, max_pixels=max_pixels, animated=animated)
    return decode(source, known, max_pixels=max_pixels, fit=fit, fit_picture=fit_picture, page_seconds=page_seconds)


def decode(
    source: MediaSource,
    known: Outlook,
    *,
    max_pixels: int,
    fit: FrameFit | None = None,
    fit_picture: FrameFit | None = None,
    page_seconds: float = DEFAULT_PAGE_SECONDS,
) -> DecodedImage | DecodedVideo:
    """What :func:`load` gives, for media of which it is ``known`` what they will be: the times of a film's frames are
    not looked for again.
    """
    with naming(source):
        if isinstance(known, tuple):
            from glmv_cli.media.image import read_image  # Pillow, only where there are pictures

            return read_image(source, max_pixels=max_pixels, fit=fit_picture, page_seconds=page_seconds)
        return known.read(fit)
