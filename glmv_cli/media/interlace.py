"""Interlaced frames, which are two moments in alternating lines, as the first of them in all lines."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import cast

from av.error import BlockingIOError as AgainError
from av.error import EOFError as EndError
from av.filter import Graph
from av.video.frame import VideoFrame

from glmv_cli.media.reading import Shot

_ANY = Fraction(1, 1000)
"""What times count in, of which the filter wants to know only that they grow."""


def progressive(shot: Shot) -> VideoFrame:
    """The frame of ``shot``; if it is interlaced, by libavfilter's ``bwdif``, which looks at its neighbours."""
    if not shot.frame.interlaced_frame:
        return shot.frame
    neighbours = [frame for frame in (shot.before, shot.frame, shot.after) if frame is not None]
    alike = [frame for frame in neighbours if _shape(frame) == _shape(shot.frame)]
    graph = Graph()
    frame = shot.frame
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_ANY)
    deinterlace = graph.add("bwdif", mode="send_frame", deint="all")
    sink = graph.add("buffersink")
    source.link_to(deinterlace)
    deinterlace.link_to(sink)
    graph.configure()
    for frame in alike:
        source.push(frame)
    source.push(None)
    made: list[VideoFrame] = []
    with contextlib.suppress(AgainError, EndError):
        while True:
            made.append(cast(VideoFrame, sink.pull()))
    place = next(number for number, frame in enumerate(alike) if frame is shot.frame)
    return made[place] if place < len(made) else shot.frame


def _shape(frame: VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name
