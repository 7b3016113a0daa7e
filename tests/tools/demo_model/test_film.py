from __future__ import annotations

import math
from itertools import combinations, pairwise
from random import Random

import pytest

from tools.demo_model.film import MAX_SECONDS, MIN_SECONDS, Actor, Film, random_film
from tools.demo_model.scene import COLORS, PLACES, Shape

SEEDS = range(40)
MOVER = Actor(Shape("circle", "red", 0.2, 0.8, 0.15), to=(0.8, 0.8))
LATE = Actor(Shape("star", "yellow", 0.5, 0.2, 0.15), appears=2)


@pytest.mark.parametrize("aspect", [4 / 3, 1.0, 16 / 9])
@pytest.mark.parametrize("seed", SEEDS)
def test_films_are_legible(seed: int, aspect: float) -> None:
    film = random_film(Random(seed), aspect)
    movers = [a for a in film.actors if a.to is not None]
    arrivals = [a for a in film.actors if a.appears is not None]

    assert MIN_SECONDS <= film.seconds <= MAX_SECONDS
    assert 1 <= len(film.actors) <= 3
    assert len(movers) <= 1
    assert len(arrivals) <= 1
    assert movers or arrivals
    assert all(a.at(0).place != a.at(1).place for a in movers)
    assert all(1 <= (a.appears or 0) < film.seconds for a in arrivals)
    assert len({(a.shape.kind, a.shape.color) for a in film.actors}) == len(film.actors)


@pytest.mark.parametrize("seed", SEEDS)
def test_actors_stay_inside_and_apart_in_every_frame(seed: int) -> None:
    film = random_film(Random(seed), 4 / 3)

    for number in range(film.seconds * 12):
        shapes = film.scene(number / 12).shapes
        for shape in shapes:
            x1, y1, x2, y2 = shape.extent(320, 240)
            assert 0 <= x1 < x2 <= 320
            assert 0 <= y1 < y2 <= 240
        for a, b in combinations(shapes, 2):
            # Films are checked at nine moments only; between them shapes may come a little closer.
            distance = math.hypot((a.cx - b.cx) * 4 / 3, a.cy - b.cy)
            assert distance > 0.95 * (a.radius + b.radius)


def test_a_mover_goes_evenly_from_start_to_end_and_is_there_at_the_last_sampled_frame() -> None:
    film = Film("gray", (MOVER,), seconds=4)
    xs = [film.scene(k / 2).shapes[0].cx for k in range(8)]
    steps = [b - a for a, b in pairwise(xs)]

    assert xs[0] == pytest.approx(0.2)
    assert xs[-1] == pytest.approx(0.8)
    assert steps == pytest.approx([0.6 / 7] * 7)


def test_an_actor_is_seen_from_its_second_on() -> None:
    film = Film("gray", (MOVER, LATE), seconds=4)

    assert [len(film.scene(time).shapes) for time in (0, 1.9, 2, 3.9)] == [1, 1, 2, 2]


def test_scenes_of_films_are_in_reading_order() -> None:
    scene = Film("gray", (MOVER, LATE), seconds=4).scene(3)

    assert [s.color for s in scene.shapes] == ["yellow", "red"]


def test_every_place_and_colour_occurs() -> None:
    actors = [a for seed in range(400) for a in random_film(Random(seed)).actors]

    assert {a.at(1).place for a in actors} == set(PLACES)
    assert {a.shape.color for a in actors} == set(COLORS)
