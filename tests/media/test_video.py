"""Films of any codec and container give exactly the chosen frames, at their true times."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace

from glmv_cli.errors import MediaError
from glmv_cli.media.frames import VideoInfo
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from tests.media.films import QUIET, all_frames, choosing, noise, numbers, read_film, write_film, write_frame


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "libx264"),
        ("a.mkv", "libx264"),
        ("a.ts", "libx264"),
        ("a.mp4", "libx265"),
        ("a.mkv", "libx265"),
        ("a.webm", "libvpx-vp9"),
        ("a.mp4", "libvpx-vp9"),
        ("a.webm", "libsvtav1"),
        ("a.mp4", "libsvtav1"),
        ("a.avi", "mpeg4"),
    ],
)
def test_codecs_and_containers_give_every_frame_at_its_time(tmp_path: Path, name: str, codec: str) -> None:
    video = read_film(write_film(tmp_path / name, codec))
    assert numbers(video.frames) == list(range(12))
    assert video.times == pytest.approx([i / 10 for i in range(12)], abs=0.0011)
    assert replace(video.info, duration=0) == VideoInfo(12, 10.0, 0, 64, 48)
    assert video.info.duration == pytest.approx(1.2, abs=0.0011)
    assert video.notice is None


def test_frames_are_kept_in_the_size_that_is_asked_for(tmp_path: Path) -> None:
    asked: list[tuple[int, int, int]] = []

    def fit(count: int, height: int, width: int) -> tuple[int, int]:
        asked.append((count, height, width))
        return 24, 32

    source = MediaSource("film", path=write_film(tmp_path / "a.mp4", "libx264"))
    small = ChosenFrames.of(source, choosing(0, 5, 11), max_pixels=DEFAULT_MAX_PIXELS).read(fit)
    assert asked == [(3, 48, 64)]
    assert small.frames.shape == (3, 24, 32, 3)
    assert (small.info.width, small.info.height) == (64, 48)
    assert numbers(small.frames) == [0, 5, 11]


def test_only_the_chosen_frames_are_kept_and_repeats_repeat(tmp_path: Path) -> None:
    video = read_film(write_film(tmp_path / "a.mp4"), choosing(0, 0, 3, 7, 7, 7, 11))
    assert numbers(video.frames) == [0, 0, 3, 7, 7, 7, 11]
    assert video.times == (0.0, 0.0, 0.3, 0.7, 0.7, 0.7, 1.1)
    assert video.notice is None


@pytest.mark.parametrize("indices", [(), (3, 2), (-1, 2), (0, 12)])
def test_a_sampler_that_breaks_its_contract_is_a_bug(tmp_path: Path, indices: tuple[int, ...]) -> None:
    film = write_film(tmp_path / "a.mp4")
    with pytest.raises(ValueError, match="sampler"):
        read_film(film, choosing(*indices))


def test_bytes_decode_like_the_file(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4")
    assert np.array_equal(read_film(path.read_bytes()).frames, read_film(path).frames)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_variable_rates_keep_their_own_clock(tmp_path: Path, name: str) -> None:
    ticks = [0, 1, 2, 10, 11, 30, 31, 32, 33, 34, 50, 100]
    video = read_film(write_film(tmp_path / name, ticks=ticks), choosing(0, 2, 9, 10, 30, 49, 50, 100))
    assert numbers(video.frames) == [0, 2, 2, 3, 5, 9, 10, 11]
    assert video.times == (0.0, 0.2, 0.9, 1.0, 3.0, 4.9, 5.0, 10.0)
    assert video.info.total_frames == 12
    assert video.info.duration == pytest.approx(10.1)
    assert video.info.fps == pytest.approx(12 / 10.1)


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    video = read_film(write_film(tmp_path / "a.mkv", ticks=range(50, 62)))
    assert video.times[:2] == (0.0, 0.1)
    assert video.info.duration == pytest.approx(1.2)
    assert video.notice is None


def test_fractional_rates_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_film(path, rate=24, count=20)
    assert read_film(path).info.fps == 24.0


def test_fragmented_films_are_counted_without_an_index(tmp_path: Path) -> None:
    video = read_film(write_film(tmp_path / "a.mp4", movflags="frag_keyframe+empty_moov"))
    assert numbers(video.frames) == list(range(12))
    assert video.info.total_frames == 12


def test_frames_before_the_edit_list_are_not_part_of_the_film(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    with av.open(write_film(tmp_path / "a.mp4")) as whole, av.open(path, "w") as cut:
        track = whole.streams.video[0]
        copy = cut.add_stream_from_template(track)
        for packet in whole.demux(track):
            if packet.pts is not None and packet.dts is not None and packet.time_base:
                skipped = int(0.4 / packet.time_base)
                packet.pts, packet.dts = packet.pts - skipped, packet.dts - skipped
                packet.stream = copy
                cut.mux(packet)
    video = read_film(path)
    assert numbers(video.frames) == list(range(4, 12))
    assert video.times[:2] == (0.0, 0.1)
    assert video.info.duration == pytest.approx(0.8)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.webm", "libvpx-vp9")])
def test_the_shortest_films_have_a_rate_and_a_duration(tmp_path: Path, name: str, codec: str, count: int) -> None:
    video = read_film(write_film(tmp_path / name, codec, count=count))
    assert numbers(video.frames) == list(range(count))
    assert video.info.fps == pytest.approx(10)
    assert video.info.duration == pytest.approx(count / 10)


def quarters(number: int, width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """White at the top left, grey at the top right, black below."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2] = 255
    pixels[: height // 2, width // 2 :] = 128
    return pixels


TURNS: list[tuple[float, bool, Callable[[list[list[int]]], list[list[int]]]]] = [
    # (degrees against the clock, mirrored, what that makes of rows of quarters)
    (0, False, lambda q: q),
    (90, False, lambda q: np.rot90(q, 1).tolist()),
    (180, False, lambda q: np.rot90(q, 2).tolist()),
    (270, False, lambda q: np.rot90(q, 3).tolist()),
    (0, True, lambda q: np.fliplr(q).tolist()),
    (180, True, lambda q: np.flipud(q).tolist()),
    (80, False, lambda q: np.rot90(q, 1).tolist()),
]


@pytest.mark.parametrize(("degrees", "mirror", "turned"), TURNS)
def test_rotation_metadata_turns_the_pixels(
    tmp_path: Path, degrees: float, mirror: bool, turned: Callable[[list[list[int]]], list[list[int]]]
) -> None:
    film = write_film(tmp_path / "a.mp4", draw=quarters, count=3, rotation=degrees, mirror=mirror)
    video = read_film(film)
    sideways = degrees in (80, 90, 270)
    assert (video.info.width, video.info.height) == ((48, 64) if sideways else (64, 48))
    h, w = video.frames.shape[1:3]
    found = video.frames[1][[[h // 4], [3 * h // 4]], [w // 4, 3 * w // 4], 0].astype(int)
    assert np.abs(found - turned([[255, 128], [0, 0]])).max() <= 8


@pytest.mark.parametrize(
    ("codec", "name", "renamed", "matrix", "told"),
    [
        ("libx265", b"hev1", b"dvh1", None, True),
        ("libx265", b"hev1", b"dvhe", None, True),
        ("libx265", b"hev1", b"hev1", None, False),
        ("libx265", b"hev1", b"dvh1", Colorspace.BT2020, False),
        ("libx264", b"avc1", b"dva1", None, False),
    ],
)
def test_colours_that_may_be_those_of_dolby_vision_are_told(
    tmp_path: Path, codec: str, name: bytes, renamed: bytes, matrix: Colorspace | None, told: bool
) -> None:
    """Where the film says how they are kept, or is in H.264, others can show it, too."""

    def configure(stream: av.VideoStream) -> None:
        if matrix is not None:
            stream.codec_context.colorspace = matrix

    frame = av.VideoFrame.from_ndarray(noise(0, 64, 48), format="rgb24").reformat(format="yuv420p")
    path = write_frame(tmp_path / "a.mp4", codec, frame, options=QUIET.get(codec), configure=configure)
    data = path.read_bytes()
    assert name in data
    notice = read_film(data.replace(name, renamed)).notice
    assert ("Dolby Vision" in (notice or "")) == told


def test_frames_above_the_limit_are_refused(tmp_path: Path) -> None:
    source = MediaSource("film", path=write_film(tmp_path / "a.mp4"))
    with pytest.raises(MediaError) as caught:
        ChosenFrames.of(source, all_frames, max_pixels=64 * 48 - 1)
    assert f"--max-pixels {64 * 48}" in (caught.value.hint or "")
    assert ChosenFrames.of(source, all_frames, max_pixels=64 * 48).read().info.total_frames == 12


def test_frames_that_were_converted_do_not_stay_in_memory(tmp_path: Path) -> None:
    """Not until Python looks for circles, either: a hundred frames of 4K are a gigabyte, and each had its threads."""
    path = write_film(tmp_path / "a.mp4", count=20)
    gc.collect()
    gc.disable()
    try:
        before = sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
        read_film(path)
        assert sum(type(thing) is av.VideoFrame for thing in gc.get_objects()) - before <= 1
    finally:
        gc.enable()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.flv"])
@pytest.mark.parametrize("rate", [15, 24, 30, 60])
def test_a_whole_number_of_seconds_is_one(tmp_path: Path, name: str, rate: int) -> None:
    """Where times are rounded to milliseconds, too: a frame of two a second would be missing."""
    film = write_film(tmp_path / name, rate=rate, count=3 * rate, draw=noise)
    assert read_film(film, choosing(0)).info.duration == 3.0
