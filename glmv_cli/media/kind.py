"""Picture or film: found from the content of a source, without decoding it. A page is a picture."""

from __future__ import annotations

from glmv_cli.errors import MediaError
from glmv_cli.media.animated import is_animated
from glmv_cli.media.sniff import HEAD_BYTES, Kind, sniff
from glmv_cli.media.source import cannot_open, open_bytes
from glmv_cli.messages import Animated, MediaSource


def kind_of(source: MediaSource, animated: Animated = "film") -> Kind:
    """What ``source`` is shown as; an animated picture as ``animated`` says: all of it, or its first frame.

    Raises :class:`MediaError` if it is neither, :class:`InputNotFoundError` if it cannot be read.
    """
    try:
        with open_bytes(source) as file:
            kind = sniff(file.read(HEAD_BYTES))
            if kind == "document":
                return "image"
            if kind == "image" and animated == "film":
                file.seek(0)
                kind = "video" if is_animated(file) else kind
    except OSError as error:
        raise cannot_open(source.name, error) from error
    if kind is None:
        raise MediaError(
            f"{source.name} is neither a picture nor a film, by its content",
            hint="pictures may be PNG, JPEG, WebP, GIF, TIFF, AVIF, HEIC or others; films mp4, mov, mkv, webm, avi; "
            "documents PDF",
        )
    return kind
