"""Damaged films give the frames before the damage; what is no film is refused."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from glmv_cli.errors import GlmvError, MediaError
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from tests.media.films import all_frames, choosing, noise, read_film, write_film, write_sound


def refused(film: Path | bytes) -> MediaError:
    with pytest.raises(MediaError) as caught:
        read_film(film)
    assert caught.value.message.startswith("film ")
    assert caught.value.hint
    return caught.value


def with_noise(data: bytes, start: int, length: int) -> bytes:
    rubbish = np.random.default_rng(1).integers(0, 256, length, dtype=np.uint8).tobytes()
    return data[:start] + rubbish + data[start + length :]


@pytest.mark.parametrize(("name", "movflags"), [("a.mp4", "faststart"), ("a.mkv", "")])
def test_a_film_that_breaks_off_yields_what_is_there(tmp_path: Path, name: str, movflags: str) -> None:
    path = write_film(tmp_path / name, draw=noise, size=(160, 120), count=40, movflags=movflags)
    whole, data = read_film(path), path.read_bytes()
    video = read_film(data[: len(data) * 6 // 10])
    count = len(video.times)
    assert 15 < count < 30
    # The packet in which the film breaks off may belong between two whole frames: the one before is then shown on.
    held = count - video.info.total_frames
    assert held <= 3
    assert list(video.times) == sorted(set(video.times))
    alike = (video.frames == whole.frames[[whole.times.index(t) for t in video.times]]).all(axis=(1, 2, 3))
    assert alike.sum() == count - held
    assert video.info.duration + video.info.missing == pytest.approx(4.0)
    assert video.notice is not None
    assert "cut short" in video.notice


def test_a_damaged_tail_yields_the_frames_before_it(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", draw=noise, size=(160, 120), count=40, movflags="faststart")
    whole, data = read_film(path), path.read_bytes()
    video = read_film(with_noise(data, len(data) * 6 // 10, len(data) // 10))
    count = len(video.times)
    assert 10 < count < 30
    assert video.info.total_frames == 40
    assert np.array_equal(video.frames[:10], whole.frames[:10])
    assert video.notice is not None
    assert f"{count} of 40 frames" in video.notice
    assert f"up to {video.times[-1]:.1f} s" in video.notice


def test_damage_beyond_the_chosen_frames_does_not_matter(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", draw=noise, size=(160, 120), count=40, movflags="faststart")
    data = path.read_bytes()
    video = read_film(with_noise(data, len(data) * 9 // 10, len(data) // 20), choosing(0, 5))
    assert video.times == (0.0, 0.5)
    assert video.notice is None


def test_chosen_frames_all_beyond_the_damage_are_an_error(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", draw=noise, size=(160, 120), count=40, movflags="faststart")
    data = path.read_bytes()
    damaged = MediaSource("film", data=with_noise(data, len(data) // 2, len(data) // 2))
    with pytest.raises(MediaError, match="damaged"):
        ChosenFrames.of(damaged, choosing(39), max_pixels=DEFAULT_MAX_PIXELS).read()


def test_a_destroyed_header_is_refused(tmp_path: Path) -> None:
    data = write_film(tmp_path / "a.mp4", movflags="faststart").read_bytes()
    refused(with_noise(data, 32, 600))


def test_an_mp4_of_rubbish_is_refused() -> None:
    refused(with_noise(b"\0\0\0\x18ftypisom\0\0\x02\0isommp42" + bytes(5000), 24, 5000))


def test_destroyed_frames_are_refused(tmp_path: Path) -> None:
    data = write_film(tmp_path / "a.mp4", draw=noise, movflags="faststart").read_bytes()
    start = data.index(b"mdat") + 4
    error = refused(with_noise(data, start, len(data) - start))
    assert "no frame" in error.message


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    assert "no video stream" in refused(write_sound(tmp_path / "a.m4a")).message


@pytest.mark.parametrize(
    ("name", "reason"), [("a.avi", "no frame"), ("a.mp4", "no video stream"), ("a.mkv", "not a film")]
)
def test_a_film_without_frames_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    assert reason in refused(path).message


def test_playlists_are_not_followed(tmp_path: Path) -> None:
    write_film(tmp_path / "a.ts")
    playlist = tmp_path / "a.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{tmp_path / 'a.ts'}\n#EXT-X-ENDLIST\n")
    refused(playlist)


def test_libav_is_silent_about_damage(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_film(tmp_path / "a.mp4", draw=noise, size=(160, 120), count=40, movflags="faststart")
    data = path.read_bytes()
    capfd.readouterr()  # encoders speak
    assert read_film(with_noise(data, len(data) * 6 // 10, len(data) // 10)).notice
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.webm", "libvpx-vp9"), ("a.mkv", "libx265"), ("a.ts", "libx264")],
)
def test_damage_anywhere_ends_in_frames_or_in_an_error_of_ours(tmp_path: Path, name: str, codec: str) -> None:
    data = write_film(tmp_path / name, codec, draw=noise, gop=6).read_bytes()
    random = np.random.default_rng(3)
    failures = notices = 0
    for attempt in range(20):
        start = int(random.integers(0, len(data) // 2 if attempt % 2 else 600))
        try:
            notices += read_film(with_noise(data, start, 40 if attempt % 2 else 200)).notice is not None
        except GlmvError:
            failures += 1
    assert failures + notices > 0


def growing() -> bytes:
    """Three frames of 20 x 10, then one of 500 x 300."""
    file = io.BytesIO()
    with av.open(file, "w", format="avi") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 20, 10, "yuvj420p"
        for second, (width, height) in enumerate([(20, 10), (20, 10), (20, 10), (500, 300)]):
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj420p", Fraction(1)
            grey = av.VideoFrame.from_ndarray(np.full((height, width, 3), 128, np.uint8), format="rgb24")
            (packet,) = (*encoder.encode(grey.reformat(format="yuvj420p")), *encoder.encode())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, second, second, Fraction(1)
            container.mux(packet)
    return file.getvalue()


def test_a_frame_that_is_too_large_is_refused_by_its_size() -> None:
    with pytest.raises(MediaError, match="has 150,000 pixels"):
        ChosenFrames.of(MediaSource("film", data=growing()), all_frames, max_pixels=100_000).read()


def test_for_one_that_is_far_too_large_no_memory_is_taken() -> None:
    """It counts as damaged."""
    film = ChosenFrames.of(MediaSource("film", data=growing()), all_frames, max_pixels=1000).read()
    assert len(film.frames) == 3
