"""A part of a film is sampled as the film that it would be if it were cut out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.errors import MediaError
from glmv_cli.families import VIDEO_RULES, VideoRule
from glmv_cli.media.frames import VideoInfo
from glmv_cli.messages import FilmOptions
from glmv_cli.prompt.clip import clip_of
from glmv_cli.prompt.sampling import frame_sampler

RULES = pytest.mark.parametrize("rule", VIDEO_RULES.values(), ids=VIDEO_RULES)


def film(seconds: float, fps: float = 10.0, start: float = 0.0) -> VideoInfo:
    return VideoInfo(round(seconds * fps), fps, seconds, 320, 240, start=start)


@RULES
@pytest.mark.parametrize(("start", "end"), [(10.0, 14.0), (0.7, 61.3), (100.0, 700.0)])
def test_a_part_is_cut_as_a_film_of_its_length(rule: VideoRule, start: float, end: float) -> None:
    whole = frame_sampler(rule, {}, FilmOptions(start=start, end=end))(film(1000))
    part = frame_sampler(rule, {})(film(end - start))
    assert list(whole) == [round(start * 10) + index for index in part]


@given(
    st.floats(0, 50), st.floats(0.01, 50), st.floats(0.1, 120), st.integers(1, 2000), st.floats(0, 5),
    st.sampled_from(sorted(VIDEO_RULES)), st.sampled_from([None, 0.3, 7.0]), st.sampled_from([None, 1, 5]),
)  # fmt: skip
def test_frames_of_a_part_lie_in_it(
    start: float, length: float, fps: float, total: int, offset: float, rule: str, rate: float | None, most: int | None
) -> None:
    info = VideoInfo(total, fps, total / fps, 320, 240, start=offset)
    wished = FilmOptions(fps=rate, max_frames=most, start=start, end=start + length)
    try:
        frames = frame_sampler(VIDEO_RULES[rule], {}, wished)(info)
    except MediaError:
        assert start >= offset + total / fps or start + length <= offset
        return
    assert len(frames) % 2 == 0
    assert list(frames) == sorted(frames)
    assert 0 <= frames[0] <= frames[-1] < total
    times = [offset + frame / fps for frame in frames]
    if len(set(frames)) > 1:
        assert start - 1e-6 <= times[0] <= times[-1] < start + length + 1e-6
    else:  # perhaps none begins in the part, and one is on the screen
        assert times[0] < start + length
        assert times[0] > start - 1 / fps - 1e-6
    if most is not None:
        assert len(set(frames)) <= most


def test_the_film_is_itself_without_a_wish() -> None:
    info = film(5)
    assert clip_of(info, FilmOptions()) == (0, info)


def test_times_are_those_of_the_films_clock() -> None:
    first, clip = clip_of(film(10, start=2.0), FilmOptions(start=5.0, end=6.0))
    assert (first, clip.total_frames, clip.start, clip.duration) == (30, 10, 5.0, 1.0)


def test_a_part_beside_the_film_is_an_error() -> None:
    with pytest.raises(MediaError, match=r"ends at 12\.0 s: --start 15 leaves"):
        clip_of(film(10, start=2.0), FilmOptions(start=15))
    with pytest.raises(MediaError, match=r"begins at 2\.0 s: --end 1\.5 leaves"):
        clip_of(film(10, start=2.0), FilmOptions(end=1.5))


@RULES
def test_a_wished_rate_holds_until_there_are_too_many_frames(rule: VideoRule) -> None:
    every = frame_sampler(rule, {}, FilmOptions(fps=5))(film(20))
    assert list(every) == list(range(0, 200, 2))
    few = frame_sampler(rule, {}, FilmOptions(fps=5, max_frames=8))(film(20))
    assert list(few) == [0, 28, 56, 85, 113, 142, 170, 199]
    many = frame_sampler(rule, {}, FilmOptions(fps=60))(film(500, 60.0))
    assert len(many) in (600, 640)


@RULES
def test_fewer_frames_are_spread_over_those_of_the_rule(rule: VideoRule) -> None:
    frames = frame_sampler(rule, {}, FilmOptions(max_frames=3))(film(20))
    assert len(frames) == 4
    assert frames[2] == frames[3]
    assert frames[0] == 0
    assert frames[2] >= 190
