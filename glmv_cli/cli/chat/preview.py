"""What a person sees of a picture or film that waits."""

from __future__ import annotations

from glmv_cli.cli.chat.staging import Staged
from glmv_cli.cli.environment import Environment
from glmv_cli.config import Settings
from glmv_cli.errors import GlmvError
from glmv_cli.render.preview.frame import frame_on
from glmv_cli.render.preview.way import way_of

_MOST_PIXELS = 50_000_000
"""More would keep a person waiting for seconds."""


def likeness(environment: Environment, settings: Settings, item: Staged) -> str:
    """What draws it small on the terminal; nothing if there is none that can show it. Of what cannot be decoded there
    is none: asking will tell why.
    """
    output = environment.output
    way = way_of(settings.preview, environment.environ, output)
    if way is None or not environment.stdin.isatty():
        return ""
    size = output.stderr_size()
    frame = frame_on(output.stderr, way, size.columns, size.lines)
    if frame is None:
        return ""
    from glmv_cli.media.thumbnail import read_thumbnail  # Pillow, numpy

    try:
        pixels = read_thumbnail(item.source, *frame.size, max_pixels=min(settings.max_pixels, _MOST_PIXELS))
    except (GlmvError, OSError):
        return ""
    return frame.drawn(pixels, way)
