"""Whatever times packets bear, there is a film that can be sampled."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glmv_cli.errors import MediaError
from glmv_cli.families import VIDEO_RULES
from glmv_cli.media.film import Film
from glmv_cli.media.frames import VideoInfo, check_choice
from glmv_cli.media.packets import list_frames
from glmv_cli.media.timeline import Timeline
from glmv_cli.prompt.sampling import frame_sampler

SAMPLERS = [frame_sampler(rule, {}) for rule in VIDEO_RULES.values()]
TIMES = st.one_of(st.integers(-100, 10_000), st.integers(-(2**62), 2**62))
LENGTHS = st.one_of(st.integers(0, 100), st.integers(0, 2**62))
BASES = st.one_of(
    st.sampled_from([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 24)]),
    st.builds(Fraction, st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1)),
)


def film_of(packets: list[tuple[int, int]], time_base: Fraction, start: int | None) -> Film:
    """As far as it is read for its times: of each packet when it is shown, and for how long."""
    stream = SimpleNamespace(time_base=time_base, index=0)
    read = [
        SimpleNamespace(pts=time, dts=time, duration=length, size=1, stream_index=0, is_keyframe=number % 3 == 0)
        for number, (time, length) in enumerate(packets)
    ]
    for packet in read:
        packet.is_corrupt = packet.is_discard = False
    container = SimpleNamespace(
        format=SimpleNamespace(name="matroska"), start_time=start, duration=None, streams=[stream], demux=lambda: read
    )
    stream.index_entries, stream.frames = [], 0
    return cast(Film, SimpleNamespace(container=container, stream=stream, size=0))


def checked(timeline: Timeline) -> None:
    """Samplers choose frames of it, at times that do not go back."""
    frames, seconds = len(timeline.starts), float(timeline.seconds)
    info = VideoInfo(frames, frames / seconds if seconds > 0 else 1, max(seconds, 1), 64, 48, 0, timeline.offset)
    told = timeline.told(info)
    assert told.total_frames >= 1
    assert 0 < told.fps < math.inf
    for sampler in SAMPLERS:
        try:
            choice = check_choice(sampler(told), told.total_frames)
        except MediaError:  # there is nothing in it to choose
            continue
        moments = timeline.moments(choice, told)
        assert all(0 <= moment.number < frames for moment in moments)
        assert all(0 <= one.time <= other.time < math.inf for one, other in pairwise(moments))


@given(st.lists(st.tuples(TIMES, LENGTHS), min_size=1, max_size=40), BASES, st.one_of(st.none(), TIMES))
@example([(0, 1), (31_342_124_235_839_536, 1), (2, 1), (-1, 0)], Fraction(1, 1000), None)
@example([(0, 1), (1, 2**62)], Fraction(1, 24), None)
@example([(0, 1), (1, 1)], Fraction(1, 24), -(2**62))
def test_damaged_times_are_those_of_a_film_or_of_none(
    packets: list[tuple[int, int]], time_base: Fraction, start: int | None
) -> None:
    listing = list_frames(film_of(packets, time_base, start), None)
    assert listing.frames == len(packets)
    if listing.timeline is not None:
        checked(listing.timeline)


@pytest.mark.parametrize("years", [1, 10])
def test_films_of_years_are_no_films(years: int) -> None:
    seconds = years * 365 * 86400
    listing = list_frames(film_of([(0, 1), (seconds, 1)], Fraction(1), None), None)
    assert (listing.timeline is None) == (years == 10)


def test_a_last_frame_of_years_has_no_length() -> None:
    listing = list_frames(film_of([(0, 1), (1, 2**40)], Fraction(1), None), None)
    assert listing.timeline is not None
    assert listing.timeline.seconds == 1
    assert np.array_equal(listing.timeline.starts, [0, 1])
