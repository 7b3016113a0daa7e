"""Films of every codec, container, rate, pace, turn and length: what is kept tells by its clock that it is right."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from glmv_cli.families import VIDEO_RULES
from glmv_cli.media.frames import DecodedVideo, FrameSampler, VideoInfo
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from glmv_cli.prompt.sampling import frame_sampler
from tests.media.films import all_frames
from tools.corpus.clock import color_error, read_clock
from tools.corpus.film import Film, write_film
from tools.corpus.film_table import (
    Codec,
    available,
    by_codec,
    by_length,
    by_matrix,
    by_time,
    by_turn,
)

ROUNDED = 0.00101
"""Seconds: Matroska keeps times in milliseconds."""
SAMPLERS = [frame_sampler(rule, {}) for rule in VIDEO_RULES.values()]


def read(path: Path, sampler: FrameSampler) -> DecodedVideo:
    return ChosenFrames.of(MediaSource(path.name, path=path), sampler, max_pixels=DEFAULT_MAX_PIXELS).read()


def assert_true(film: Film, video: DecodedVideo) -> list[int]:
    """Every frame is upright, in its colours, and on the screen at the time that is said of it; returns which."""
    assert video.notice is None
    times = [float(time) for time in film.times()]
    ends = [*times[1:], float("inf")]
    numbers = [read_clock(frame) for frame in video.frames]
    for frame, number, time in zip(video.frames, numbers, video.times, strict=True):
        assert color_error(frame, grey=film.grey) <= film.error
        assert times[number] - ROUNDED <= time < ends[number] + ROUNDED
    return numbers


def check(film: Film, directory: Path) -> None:
    path = write_film(film, directory)
    for sampler in (all_frames, *SAMPLERS):
        numbers = assert_true(film, read(path, sampler))
        assert numbers == sorted(numbers)
        if sampler is all_frames and film.pace == "steady":
            assert numbers == list(range(film.count))


def short(films: Iterator[Film], longest: int = 300) -> list[Film]:
    known = {row.encoder for row in available()}
    return [film for film in films if film.count <= longest and film.codec in known]


def name_of(piece: Film | Codec) -> str:
    return piece.name if isinstance(piece, Film) else piece.encoder


@pytest.mark.parametrize("row", available(), ids=name_of)
def test_every_codec_in_its_containers_and_pixel_formats(row: Codec, tmp_path: Path) -> None:
    for film in by_codec(row):
        check(film, tmp_path)


@pytest.mark.parametrize("film", short(by_time()), ids=name_of)
def test_rates_paces_and_late_beginnings(film: Film, tmp_path: Path) -> None:
    check(film, tmp_path)


@pytest.mark.parametrize("film", short(by_turn()), ids=name_of)
def test_turned_and_mirrored_films_are_upright(film: Film, tmp_path: Path) -> None:
    video = read(write_film(film, tmp_path), all_frames)
    assert assert_true(film, video) == [0, 1, 2]
    upright = film.size if film.turn % 180 == 0 else film.size[::-1]
    assert (video.info.width, video.info.height) == upright


@pytest.mark.parametrize("film", short(by_matrix()), ids=name_of)
def test_colours_follow_the_matrix_that_the_film_notes(film: Film, tmp_path: Path) -> None:
    check(film, tmp_path)


@pytest.mark.parametrize("film", short(by_length()), ids=name_of)
def test_lengths_and_layouts(film: Film, tmp_path: Path) -> None:
    check(film, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_minutes_are_sampled_at_the_right_moments(ending: str, tmp_path: Path) -> None:
    film = next(film for film in by_length() if film.count > 300 and film.name.endswith(ending))
    path = write_film(film, tmp_path)
    for sampler in SAMPLERS:
        video = read(path, sampler)
        numbers = assert_true(film, video)
        assert len(set(numbers)) > 100
        # Spread over all of it: 4.6V's rule ends two frames before the last second does.
        assert video.times[-1] > float(film.times()[-1]) - 1.5


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_with_and_without_going_to_key_frames_the_same_is_seen(ending: str, tmp_path: Path) -> None:
    film = Film(f"a.{ending}", "libx264", count=240, gop=10, pace="jitter", rate=Fraction(30))
    source = MediaSource("a", path=write_film(film, tmp_path))

    def few(info: VideoInfo) -> list[int]:
        return [0, info.total_frames // 2, info.total_frames * 3 // 4, info.total_frames - 1]

    chosen = ChosenFrames.of(source, few, max_pixels=DEFAULT_MAX_PIXELS)
    seeking, reading = (chosen.read(seek=seek) for seek in (True, False))
    assert seeking.times == reading.times
    assert assert_true(film, seeking) == assert_true(film, reading)
