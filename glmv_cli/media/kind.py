"""Picture or film: found from the content of a source, without decoding it."""

from __future__ import annotations

from glmv_cli.errors import MediaError
from glmv_cli.media.sniff import HEAD_BYTES, Kind, sniff
from glmv_cli.media.source import cannot_open, open_bytes
from glmv_cli.messages import MediaSource


def kind_of(source: MediaSource) -> Kind:
    """Raises :class:`MediaError` if it is neither, :class:`InputNotFoundError` if it cannot be read."""
    try:
        with open_bytes(source) as file:
            kind = sniff(file.read(HEAD_BYTES))
    except OSError as error:
        raise cannot_open(source.name, error) from error
    if kind is None:
        raise MediaError(
            f"{source.name} is neither a picture nor a film, by its content",
            hint="pictures may be PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF; films mp4, mov, mkv, webm, avi, MPEG",
        )
    return kind
