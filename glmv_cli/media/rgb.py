"""Decoded frames → RGB with eight bits, as a screen shows them: upright, in sRGB, alpha over white."""

from __future__ import annotations

from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from glmv_cli.media.frames import Pixels
from glmv_cli.media.tone import Tone
from glmv_cli.media.turn import turn_of

_UNSPECIFIED = 2
"""``AVCOL_SPC_UNSPECIFIED``."""
_SD_WIDTH, _SD_HEIGHT = 1024, 576


def to_rgb(frame: VideoFrame, height: int, width: int) -> Pixels:
    """``[height, width, 3]``. Raises ``FFmpegError`` or ``ValueError`` for pixels that cannot become RGB."""
    turn = turn_of(frame)
    matrix = _matrix(frame)
    if (tone := Tone.of(frame)) is not None:
        across, down = turn.size(width, height)
        codes = frame.to_ndarray(
            format="rgb48le", width=across, height=down, src_colorspace=matrix, interpolation="BICUBIC"
        )
        return turn.apply(tone.to_srgb(codes.view(np.uint16)))
    if any(component.is_alpha for component in frame.format.components):
        pixels = _over_white(cast(Pixels, frame.to_ndarray(format="rgba", src_colorspace=matrix)))
    else:
        pixels = cast(Pixels, frame.to_ndarray(format="rgb24", src_colorspace=matrix))
    pixels = turn.apply(pixels)
    if pixels.shape[:2] == (height, width):
        return pixels
    from glmv_cli.media.resize import resize  # Pillow, only where it is needed

    return resize(pixels, height, width)


def _matrix(frame: VideoFrame) -> Colorspace | None:
    """How luma and chroma mix, where a film does not say: as players guess, by its size. None: as it says."""
    if int(frame.colorspace) != _UNSPECIFIED:
        return None
    is_large = frame.width > _SD_WIDTH or frame.height > _SD_HEIGHT
    return Colorspace.ITU709 if is_large else Colorspace.ITU601


def _over_white(rgba: Pixels) -> Pixels:
    """``[H, W, 4]``, colours not multiplied by alpha, → ``[H, W, 3]``."""
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + 255 * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
