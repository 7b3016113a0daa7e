"""The first frame of a film that is undamaged, which tells its size and turn."""

from __future__ import annotations

from dataclasses import dataclass

from av.video.frame import VideoFrame

from glmv_cli.errors import MediaError
from glmv_cli.media.film import Film, good_frames
from glmv_cli.media.limits import check_size
from glmv_cli.media.shape import shown_size
from glmv_cli.media.turn import Turn, turn_of


@dataclass(frozen=True, slots=True, eq=False)
class FirstFrame:
    """As it is decoded, and the size in square pixels in which it is shown, once turned."""

    frame: VideoFrame
    turn: Turn
    width: int
    height: int


def first_frame(name: str, film: Film, *, max_pixels: int) -> FirstFrame:
    """Decode the first frame of ``film``, which is called ``name`` and stands at its start.

    Raises :class:`MediaError` if there is none, or it has more than ``max_pixels``, as decoded or as shown.
    """
    check_size(name, film.stream.width, film.stream.height, max_pixels)
    frame = next(good_frames(film), None)
    if frame is None:
        raise MediaError(
            f"{name} has no frame that can be decoded",
            hint="the film is empty, damaged, protected, or far larger than it says; convert it to H.264 in mp4",
        )
    # The bitstream may be larger than the container says.
    check_size(name, frame.width, frame.height, max_pixels)
    turn = turn_of(frame)
    width, height = turn.size(*shown_size(frame.width, frame.height, film.stream.sample_aspect_ratio))
    check_size(name, width, height, max_pixels)
    return FirstFrame(frame, turn, width, height)
