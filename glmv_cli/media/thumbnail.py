"""A small likeness of a picture, of a page, or of the first frame of a film: for people, not for models."""

from __future__ import annotations

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import FrameFit, Pixels
from glmv_cli.media.kind import kind_of
from glmv_cli.media.limits import check_size
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

    from glmv_cli.media.film import good_frames, open_film
    from glmv_cli.media.rgb import RgbConverter
    from glmv_cli.media.shape import shown_size
    from glmv_cli.media.turn import turn_of

    with open_film(source) as film:
        check_size(source.name, film.stream.width, film.stream.height, max_pixels)
        frame = next(good_frames(film), None)
        if frame is None:
            raise MediaError(f"{source.name} has no frame that can be decoded", _HINT)
        check_size(source.name, frame.width, frame.height, max_pixels)
        turn = turn_of(frame)
        width, height = turn.size(*shown_size(frame.width, frame.height, film.stream.sample_aspect_ratio))
        try:
            return RgbConverter(turn).convert(frame, *fit(1, height, width))
        except (FFmpegError, ValueError) as error:  # a pixel format that cannot become RGB
            raise MediaError(f"{source.name} cannot be converted to RGB", _HINT) from error
