"""One video stream, opened with PyAV, and its undamaged frames in order."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from glmv_cli.errors import MediaError
from glmv_cli.media.sniff import HEAD_BYTES, is_transport_stream
from glmv_cli.media.source import open_bytes
from glmv_cli.messages import MediaSource

READ_ERRORS = (FFmpegError, OSError, IndexError)
"""What libav raises on damaged data, and what reading the file itself may raise; PyAV the last, at the end of a film
in which another stream showed up on the way."""

# Self-contained formats only: a playlist (HLS, DASH, concat) would make libav open other files and addresses.
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf"

_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""WebM keeps transparency beside the frames; libav's own decoders of these codecs leave it out."""


@dataclass(frozen=True, slots=True)
class Film:
    """An open container, the stream of it that is shown with its decoder, and how many bytes the file has."""

    container: InputContainer
    stream: VideoStream
    decoder: VideoCodecContext
    size: int

    def seek(self, time: int) -> None:
        """Go to where decoding can begin at or before ``time`` of the stream's clock. Raises ``FFmpegError``."""
        self.container.seek(time, stream=self.stream)
        self.decoder.flush_buffers()


_MOST_PIXELS = (1 << 31) - 1
"""What libavcodec's option takes."""


@contextlib.contextmanager
def open_film(source: MediaSource, *, max_pixels: int | None = None) -> Iterator[Film]:
    """Open the film in ``source`` at its start.

    Frames of more than twice ``max_pixels`` count as damaged, and no memory is taken for them. Smaller ones are
    decoded, so that an error can tell their size; and padding makes frames larger while they are decoded.

    Raises:
        MediaError: libav cannot make sense of it, or it has no video stream that can be decoded.
        InputNotFoundError: the file cannot be opened any more.
    """
    with open_bytes(source) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        # libav takes one of a few packets only for something else.
        format = "mpegts" if is_transport_stream(file.read(HEAD_BYTES)) else None
        file.seek(0)
        try:
            container = av.open(
                file, mode="r", format=format, options={"format_whitelist": _DEMUXERS}, metadata_errors="replace"
            )
        except (*READ_ERRORS, ValueError) as error:
            raise MediaError(
                f"{source.name} is damaged, or not a film that can be read",
                hint="fetch or copy it again; supported are mp4, mov, mkv, webm, avi and MPEG files",
            ) from error
        with container:
            stream = _shown_stream(source.name, container)
            yield Film(container, stream, _decoder(stream, max_pixels), size)


def _shown_stream(name: str, container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        # The cover of a song or film is kept as a video stream of one frame.
        if stream.disposition & Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise MediaError(f"{name} uses a video codec that is not known here", hint="convert it to H.264 in mp4")
        return stream
    raise MediaError(f"{name} has no video stream", hint="a film or picture is needed; sound alone cannot be seen")


def _decoder(stream: VideoStream, max_pixels: int | None) -> VideoCodecContext:
    decoder = stream.codec_context
    if stream.metadata.get("alpha_mode") == "1" and decoder.name in _ALPHA_DECODERS:
        with contextlib.suppress(FFmpegError, ValueError):  # a libav without them: opaque is better than nothing
            decoder = cast(VideoCodecContext, CodecContext.create(_ALPHA_DECODERS[decoder.name], "r"))
    # Not by frames: libavcodec's HEVC decoder then waits for ever on some damaged films, and what it reports
    # about damage depends on the number of processors.
    decoder.thread_type = "SLICE"
    if max_pixels is not None:
        decoder.options = {"max_pixels": str(min(2 * max_pixels, _MOST_PIXELS))}
    return decoder


@dataclass(slots=True)
class Aim:
    """Which frame is wanted next: when it is shown. It may move on while frames are decoded."""

    start: int
    everything: bool = False
    """All frames before it are wanted, too."""


def good_frames(film: Film, aim: Aim | None = None) -> Iterator[VideoFrame]:
    """Decode ``film`` from where it stands and yield its frames as shown, up to the first damage.

    Damage before the first good frame is skipped: recordings of broadcasts start anywhere. What follows later
    damage is not used, since frames after it may show rubbish without being marked. With ``aim``, frames before it
    that no other frame builds upon are left out.
    """
    seen = False
    for frame in _decoded(film, aim):
        if frame.is_corrupt and seen:
            return
        if not frame.is_corrupt:
            seen = True
            yield frame


def _decoded(film: Film, aim: Aim | None) -> Iterator[VideoFrame]:
    """Yield every frame, marked corrupt or not, up to the first error after one; see :func:`good_frames`."""
    seen = False
    for packet in _whole_packets(film):
        unseen = aim is not None and packet.pts is not None and packet.pts < aim.start and not aim.everything
        film.decoder.skip_frame = "NONREF" if unseen else "DEFAULT"
        try:
            frames = film.decoder.decode(packet)
        except FFmpegError:
            if seen:
                break
            continue
        seen = seen or bool(frames)
        yield from frames
    with contextlib.suppress(FFmpegError):
        yield from film.decoder.decode(None)  # frames that waited for their turn


def _whole_packets(film: Film) -> Iterator[Packet[VideoStream]]:
    """Yield the stream's packets up to where the file is cut: reading fails, or a packet is incomplete."""
    with contextlib.suppress(*READ_ERRORS):
        for packet in film.container.demux(film.stream):
            if packet.is_corrupt:
                return
            if packet.size:  # empty ones end the stream, or repeat a frame (AVI)
                yield packet
