"""A small likeness of a picture, of a page, or of the first frame of a film: for people, not for models."""

from __future__ import annotations

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import FrameFit, Pixels
from glmv_cli.media.kind import kind_of
from glmv_cli.messages import MediaSource

_HINT = "convert it to H.264 in mp4, with 8-bit colour"


def read_thumbnail(source: MediaSource, width: int, height: int, *, max_pixels: int) -> Pixels:
    """``[H, W, 3]``, upright, no larger than ``width`` x ``height`` and never enlarged.

    Raises:
        MediaError: neither picture nor film, damaged, or more than ``max_pixels``.
        InputNotFoundError: the file cannot be opened any more.
        MemoryShortageError: it does not fit in memory.
    """

    def fit(count: int, tall: int, wide: int) -> tuple[int, int]:
        scale = min(1.0, width / wide, height / tall)
        return max(1, round(tall * scale)), max(1, round(wide * scale))

    if kind_of(source, "first") != "image":
        return _first_frame(source, fit, max_pixels)
    from glmv_cli.media.image import read_image

    return read_image(source, max_pixels=max_pixels, fit=fit, at_least=max(width, height)).pixels


def _first_frame(source: MediaSource, fit: FrameFit, max_pixels: int) -> Pixels:
    from av.error import FFmpegError

    from glmv_cli.media.film import open_film
    from glmv_cli.media.first_frame import first_frame
    from glmv_cli.media.rgb import RgbConverter

    with open_film(source, max_pixels=max_pixels) as film:
        first = first_frame(source.name, film, max_pixels=max_pixels)
        try:
            return RgbConverter(first.turn).convert(first.frame, *fit(1, first.height, first.width))
        except (FFmpegError, ValueError) as error:  # a pixel format that cannot become RGB
            raise MediaError(f"{source.name} cannot be converted to RGB", _HINT) from error
