"""What a film says beside a frame's pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from av.video.frame import VideoFrame


def side_data_of(frame: VideoFrame) -> Mapping[str, bytes]:
    """By name, in the layouts of libavutil; nothing if there is a kind that PyAV has no name for, as EXIF: it refuses
    all of them then.
    """
    try:
        # PyAV's stub declares but one of the keys that there are at run time.
        return cast(Mapping[str, bytes], frame.side_data)
    except ValueError:
        return {}
