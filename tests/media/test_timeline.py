"""Which frame is on the screen when, from the times of all frames."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.media.frames import VideoInfo
from glmv_cli.media.timeline import Timeline

MS = Fraction(1, 1000)


def timeline(*starts: int, end: int, sound: int | None = None, keys: tuple[int, ...] = ()) -> Timeline:
    return Timeline.of(np.array(starts), end, np.array(keys, np.int64), MS, sound)


def info(line: Timeline) -> VideoInfo:
    return VideoInfo(len(line.starts), len(line.starts) / float(line.seconds), float(line.seconds), 64, 48)


def test_a_constant_rate_is_told_as_it_is_though_a_container_rounds() -> None:
    line = timeline(*(round(i * 1001 / 30) for i in range(900)), end=30030)
    told = VideoInfo(900, 30000 / 1001, 30.03, 64, 48)
    assert line.told(told) is told
    assert [moment.time for moment in line.moments([0, 50, 899], told)] == [i / (30000 / 1001) for i in (0, 50, 899)]


def test_dropped_frames_are_shown_on_in_ticks_of_the_rate() -> None:
    line = timeline(0, 100, 200, 500, 600, end=700)
    told = line.told(info(line))
    assert (told.total_frames, told.fps) == (7, 10.0)
    shown = line.moments(range(7), told)
    assert [moment.number for moment in shown] == [0, 1, 2, 2, 2, 3, 4]
    assert [moment.time for moment in shown] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])


def test_a_frame_that_appears_near_a_tick_keeps_its_own_time() -> None:
    line = timeline(0, 31, 69, 400, 433, end=1000)
    told = line.told(info(line))
    assert told.fps == 28.0
    (shown,) = line.moments([2], told)
    assert (shown.number, shown.time) == (2, 0.069)


def test_slides_are_looked_at_24_times_a_second() -> None:
    line = timeline(0, 7_000, 20_000, 23_000, end=41_000)
    assert line.told(info(line)).fps == 24.0


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=60), st.integers(1, 5000))
def test_every_tick_is_a_frame_that_is_on_the_screen_then(gaps: list[int], last: int) -> None:
    starts = np.cumsum([0, *gaps]).tolist()
    line = timeline(*starts, end=starts[-1] + last)
    told = line.told(info(line))
    numbers = [moment.number for moment in line.moments(range(told.total_frames), told)]
    assert numbers == sorted(numbers)
    for tick, moment in enumerate(line.moments(range(told.total_frames), told)):
        assert abs(moment.time - tick / told.fps) <= 0.5 / told.fps + 0.001
        following = starts[moment.number + 1] if moment.number + 1 < len(starts) else starts[-1] + last + 1
        slack = 1 + 500 / told.fps * line.is_constant(told.fps)
        assert starts[moment.number] - slack <= moment.time * 1000 <= following + slack


def test_sound_that_begins_earlier_begins_the_clock() -> None:
    assert timeline(2000, 2040, end=2080, sound=500).offset == 1.5
    assert timeline(2000, 2040, end=2080, sound=1950).offset == 0
    assert timeline(2000, 2040, end=2080).offset == 0
    (first,) = timeline(2000, 2040, end=2080, sound=500).moments([0], VideoInfo(2, 25.0, 0.08, 64, 48))
    assert first.time == 1.5


def test_frames_before_the_first_good_one_are_not_part_of_the_film() -> None:
    line = timeline(0, 40, 80, 120, end=160, keys=(0, 80))
    cut = line.from_frame(80)
    assert (cut.starts.tolist(), cut.keys.tolist(), cut.offset) == ([80, 120], [80], 0.0)
    assert timeline(500, 540, 580, end=620, sound=0).from_frame(540).offset == 0.54
    assert line.from_frame(999) is line


def test_entries_are_the_key_frames_before_a_frame_nearest_first() -> None:
    line = timeline(*range(0, 1000, 40), end=1000, keys=(0, 400, 800))
    assert line.entries(840) == [800, 400]
    assert line.entries(800) == [800, 400]
    assert line.entries(760) == [400, 0]
    assert line.entries(0) == [0]
    assert line.frames_between(0, 400) == 10
