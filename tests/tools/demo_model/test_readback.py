from __future__ import annotations

from random import Random

import pytest

from tools.demo_model import readback
from tools.demo_model.film import random_film
from tools.demo_model.language import FilmTalk, SceneTalk
from tools.demo_model.readback import Arrival, Motion
from tools.demo_model.scene import random_scene


@pytest.mark.parametrize("seed", range(50))
def test_a_description_is_read_as_it_was_written(seed: int) -> None:
    rng = Random(seed)
    scene = random_scene(rng)
    answer = SceneTalk(scene, 320, 240).describe(rng).answer

    assert readback.objects(answer) == [(s.color, s.kind, s.place) for s in scene.shapes]
    assert readback.count(answer) == len(scene.shapes)
    assert readback.ground(answer) == scene.ground


@pytest.mark.parametrize("seed", range(50))
def test_a_film_is_read_as_it_was_told(seed: int) -> None:
    rng = Random(seed)
    film = random_film(rng)
    talk = FilmTalk(film)
    answer = talk.describe(rng).answer

    assert readback.motions(answer) == [
        Motion((a.shape.color, a.shape.kind), a.at(0).place, a.at(1).place) for a in talk.movers
    ]
    assert readback.arrivals(answer) == [Arrival((a.shape.color, a.shape.kind), a.appears or 0) for a in talk.arrivals]


def test_a_longer_place_is_not_taken_for_the_shorter_one_in_it() -> None:
    assert readback.objects("a red circle at the bottom right.") == [("red", "circle", "bottom right")]


def test_repeated_claims_are_all_read() -> None:
    assert len(readback.objects("a red circle at the top and a red circle at the top")) == 2


@pytest.mark.parametrize(
    "answer", ["", "a red dog at the top", "a red circle at the topmost place", "a red circle in the top left"]
)
def test_other_words_claim_no_object(answer: str) -> None:
    assert readback.objects(answer) == []


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("There is 1 shape.", 1),
        ("There are 3 shapes.", 3),
        ("There are no shapes.", 0),
        ("There are 12 shapes.", 12),
        ("There are 2 circles.", None),
        ("There are 2 shapes. There are 3 shapes.", None),
        ("Two.", None),
    ],
)
def test_counts(answer: str, count: int | None) -> None:
    assert readback.count(answer) == count


@pytest.mark.parametrize("answer", ["Nothing moves.", "Nothing appears.", "The red circle stays at the top."])
def test_nothing_is_read_where_nothing_happens(answer: str) -> None:
    assert not readback.motions(answer)
    assert not readback.arrivals(answer)


def test_a_background_named_twice_is_not_settled() -> None:
    assert readback.ground("on a gray background, no, a pink background") is None
