"""Media of either kind, told apart by content."""

from __future__ import annotations

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import DecodedImage, DecodedVideo, FrameSampler
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.sniff import HEAD_BYTES, sniff
from glmv_cli.media.source import cannot_open, open_bytes
from glmv_cli.messages import MediaSource


def load(
    source: MediaSource, *, sampler: FrameSampler, max_pixels: int = DEFAULT_MAX_PIXELS
) -> DecodedImage | DecodedVideo:
    """Decode ``source``. ``sampler`` is asked only if it is a film; ``max_pixels`` holds for each frame.

    Raises:
        MediaError: of no supported kind, damaged or too large.
        InputNotFoundError: the file cannot be read any more.
        MemoryShortageError: the pixels do not fit in memory.
    """
    kind = sniff(_head(source))
    if kind == "image":
        from glmv_cli.media.image import read_image

        return read_image(source, max_pixels=max_pixels)
    if kind == "video":
        from glmv_cli.media.video import read_video  # libav is worth loading only for films

        return read_video(source, sampler, max_pixels=max_pixels)
    raise MediaError(
        f"{source.name} is neither a picture nor a film, by its content",
        hint="pictures may be PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF; films mp4, mov, mkv, webm, avi, MPEG",
    )


def _head(source: MediaSource) -> bytes:
    try:
        with open_bytes(source) as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise cannot_open(source.name, error) from error
