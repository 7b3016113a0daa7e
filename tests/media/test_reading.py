"""Reading by key frames gives what reading everything gives, at the times at which it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from glmv_cli.media.film import Film
from glmv_cli.media.frames import DecodedVideo, VideoInfo
from glmv_cli.media.timeline import Timeline
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from tests.media.clocks import check_clock, write_clock
from tools.corpus.clock import read_clock

STEADY = [i * 40 for i in range(120)]
UNSTEADY = np.cumsum(np.random.default_rng(5).integers(15, 120, 120)).tolist()
HELD = [0, 40, 80, 120, 5000, 5040, 5080, 9000, 9500]

FILMS: list[tuple[str, str, dict[str, str]]] = [
    ("a.mp4", "libx264", {}),
    ("a.mp4", "libx264", {"bf": "0"}),
    ("a.mp4", "libx264", {"x264-params": "open-gop=1:bframes=3:b-adapt=0"}),
    ("a.mp4", "libx264", {"x264-params": "intra-refresh=1"}),
    ("a.mkv", "libx264", {"x264-params": "open-gop=1:bframes=3:b-adapt=0"}),
    ("a.ts", "libx264", {}),
    ("a.flv", "libx264", {}),
    ("a.mov", "libx265", {"x265-params": "log-level=none:open-gop=1"}),
    ("a.mkv", "libx265", {"x265-params": "log-level=none"}),
    ("a.webm", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    ("a.webm", "libvpx", {"deadline": "realtime"}),
    ("a.mp4", "libsvtav1", {}),
    ("a.avi", "mpeg4", {}),
    ("a.mpg", "mpeg2video", {"bf": "2"}),
]


def every(step: int) -> Callable[[VideoInfo], Sequence[int]]:
    return lambda info: range(0, info.total_frames, step)


def read(path: Path, step: int, *, seek: bool = True) -> DecodedVideo:
    return ChosenFrames.of(MediaSource("film", path=path), every(step), max_pixels=10**7).read(seek=seek)


def only_constant(name: str, codec: str) -> bool:
    """What cannot hold any time: AVI by its making, MPEG-2 by its rates, which the encoder checks."""
    return name.endswith(("avi", "mpg"))


@pytest.mark.parametrize("times", [STEADY, UNSTEADY, HELD], ids=["steady", "unsteady", "held"])
@pytest.mark.parametrize(("name", "codec", "options"), FILMS, ids=lambda value: str(value))
def test_frames_are_those_on_the_screen_however_they_are_reached(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], times: list[int]
) -> None:
    if only_constant(name, codec):
        if times is not STEADY:
            pytest.skip("this container has frames of a constant rate only")
        path = write_clock(tmp_path / name, times, codec, options=options, configure=_at_25)
    else:
        path = write_clock(tmp_path / name, times, codec, options=options)
    whole = read(path, 1)
    assert whole.notice is None
    slips = 2 if name.endswith("mpg") else 0  # so many frames get another one's time from libav's muxer
    assert whole.info.total_frames == pytest.approx(len(times), abs=slips)
    check_clock(whole, times, begin=times[0], tolerance=2 + 40 * slips)
    for step in (17, 60):
        sought, through = read(path, step), read(path, step, seek=False)
        assert sought.times == through.times == whole.times[::step]
        assert np.array_equal(sought.frames, through.frames)
        assert np.array_equal(sought.frames, whole.frames[::step])


def _at_25(stream: av.VideoStream) -> None:
    stream.codec_context.time_base = Fraction(1, 25)


def test_far_frames_are_entered_at_key_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[int] = []
    seek = Film.seek

    def noted(film: Film, time: int) -> None:
        entered.append(time)
        seek(film, time)

    monkeypatch.setattr(Film, "seek", noted)
    path = write_clock(tmp_path / "a.mkv", STEADY, options={"bf": "0", "sc_threshold": "0"})
    assert [read_clock(frame) for frame in read(path, 50).frames] == [0, 2000, 4000]
    assert entered == [1920, 3840]
    entered.clear()
    read(path, 5)
    read(path, 50, seek=False)
    assert entered == []


@pytest.mark.parametrize("times", [[i * 40 for i in range(500)], np.cumsum([30, 50, 35] * 170).tolist()])
def test_long_films_are_read_in_parts_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: list[int]
) -> None:
    monkeypatch.setattr("glmv_cli.media.workers._processors", lambda: 4)
    opened: list[str] = []
    entered = Film.seek

    def noted(film: Film, time: int) -> None:
        opened.append(threading.current_thread().name)
        entered(film, time)

    monkeypatch.setattr(Film, "seek", noted)
    path = write_clock(tmp_path / "a.mp4", times)
    for step in (1, 7):
        at_once, through = read(path, step), read(path, step, seek=False)
        assert at_once.times == through.times
        assert np.array_equal(at_once.frames, through.frames)
    assert len(set(opened)) > 1


def test_what_comes_after_damage_is_not_used_though_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glmv_cli.media.workers._processors", lambda: 4)
    times = [i * 40 for i in range(500)]
    data = write_clock(tmp_path / "a.mkv", times, gop=10).read_bytes()
    middle = len(data) // 2
    rubbish = np.random.default_rng(1).integers(0, 256, 4000, dtype=np.uint8).tobytes()
    (tmp_path / "b.mkv").write_bytes(data[:middle] + rubbish + data[middle + len(rubbish) :])
    video = read(tmp_path / "b.mkv", 1)
    assert 150 < len(video.times) < 350
    assert list(video.times) == sorted(video.times)
    assert video.notice is not None
    check_clock(video, times, tolerance=2)


def test_key_frames_that_are_none_cost_time_but_no_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clock(tmp_path / "a.mkv", STEADY, gop=250)
    whole = read(path, 50, seek=False)

    def late(film: Film, time: int) -> None:
        film.container.seek(time + 10_000, stream=film.stream)

    monkeypatch.setattr(Film, "seek", late)
    monkeypatch.setattr(Timeline, "entries", lambda line, start: [start - 40])
    assert np.array_equal(read(path, 50).frames, whole.frames)


def test_pictures_that_begin_after_the_sound_have_the_times_of_the_film(tmp_path: Path) -> None:
    times = [i * 40 for i in range(50, 100)]
    video = read(write_clock(tmp_path / "a.mkv", times, sound_from=0), 7)
    assert video.info.start == pytest.approx(2.0, abs=0.03)
    check_clock(video, times, tolerance=30)


@pytest.mark.parametrize("times", [STEADY, UNSTEADY], ids=["steady", "unsteady"])
@pytest.mark.parametrize("bframes", ["0", "3"])
def test_an_edit_list_moves_the_clock_and_hides_frames(tmp_path: Path, times: list[int], bframes: str) -> None:
    hidden = times[30]
    path = write_clock(tmp_path / "a.mp4", times, options={"bf": bframes})
    with av.open(path) as whole, av.open(tmp_path / "cut.mp4", "w") as cut:
        track = whole.streams.video[0]
        copy = cut.add_stream_from_template(track)
        for packet in whole.demux(track):
            if packet.pts is not None and packet.dts is not None and packet.time_base:
                skipped = int(hidden / 1000 / packet.time_base)
                packet.pts, packet.dts = packet.pts - skipped, packet.dts - skipped
                packet.stream = copy
                cut.mux(packet)
    for step in (1, 40):
        sought, through = read(tmp_path / "cut.mp4", step), read(tmp_path / "cut.mp4", step, seek=False)
        assert np.array_equal(sought.frames, through.frames)
        assert sought.info.total_frames == len(times) - 30
        check_clock(sought, times, begin=hidden, tolerance=2)
