"""Decoded frames → RGB with eight bits, as a screen shows them: upright, in sRGB, alpha over white."""

from __future__ import annotations

from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter

from glmv_cli.media.frames import Pixels
from glmv_cli.media.tone import Tone
from glmv_cli.media.turn import Turn

_UNSPECIFIED = 2
"""``AVCOL_SPC_UNSPECIFIED``."""
_SAME = Colorspace.BT2020
_SD_WIDTH, _SD_HEIGHT = 1024, 576


class RgbConverter:
    """What turns the frames of one film into RGB.

    One for a film: libswscale's preparations, and a thread for each processor, are kept with it. Its turn and its tone
    are those of the first frame, because a frame that was asked for its side data refers to itself ever after, and
    stays in memory until Python looks for such circles.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._reformatter = VideoReformatter()
        self._tones: dict[tuple[int, int, int], Tone | None] = {}

    def convert(self, frame: VideoFrame, height: int, width: int) -> Pixels:
        """``[height, width, 3]``. Raises ``FFmpegError`` or ``ValueError`` for pixels that cannot become RGB."""
        matrix = _matrix(frame)
        if (tone := self._tone(frame)) is not None:
            across, down = self._turn.size(width, height)
            # libswscale does not know ICtCp; between equal matrices it only scales.
            kind, source, target = ("yuv444p16le", _SAME, _SAME) if tone.ictcp else ("rgb48le", matrix, None)
            deep = self._reformatter.reformat(frame, across, down, kind, source, target, interpolation="BICUBIC")
            return self._turn.apply(tone.to_srgb(deep.to_ndarray().view(np.uint16)))
        if any(component.is_alpha for component in frame.format.components):
            rgba = self._reformatter.reformat(frame, format="rgba", src_colorspace=matrix)
            pixels = _over_white(cast(Pixels, rgba.to_ndarray()))
        else:
            rgb = self._reformatter.reformat(frame, format="rgb24", src_colorspace=matrix)
            pixels = cast(Pixels, rgb.to_ndarray())
        pixels = self._turn.apply(pixels)
        if pixels.shape[:2] == (height, width):
            return pixels
        from glmv_cli.media.resize import resize  # Pillow, only where it is needed

        return resize(pixels, height, width)

    def _tone(self, frame: VideoFrame) -> Tone | None:
        kind = (int(frame.color_trc), int(frame.color_primaries), int(frame.colorspace))
        if kind not in self._tones:
            self._tones[kind] = Tone.of(frame)
        return self._tones[kind]


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
