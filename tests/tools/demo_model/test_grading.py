"""A true statement earns everything; each kind of error costs exactly its own measures."""

from __future__ import annotations

from random import Random

import pytest

from tools.demo_model.film import Actor, Film, random_film
from tools.demo_model.grading import (
    Marks,
    Reply,
    grade_arrival,
    grade_box,
    grade_count,
    grade_description,
    grade_film,
    grade_motion,
    grade_thinking,
    iou,
)
from tools.demo_model.language import FilmTalk, SceneTalk
from tools.demo_model.scene import Scene, Shape, random_scene

SCENE = Scene("gray", (Shape("star", "yellow", 0.17, 0.2, 0.15), Shape("square", "blue", 0.82, 0.8, 0.14)))
TRUE = "There are 2 shapes on a gray background: a yellow star at the top left and a blue square at the bottom right."
MOVER = Actor(Shape("circle", "red", 0.17, 0.8, 0.15), to=(0.83, 0.8))
ARRIVAL = Actor(Shape("star", "yellow", 0.5, 0.22, 0.16), appears=3)
FILM = Film("gray", (MOVER, ARRIVAL), seconds=5)


def lost(marks: Marks) -> set[str]:
    return {measure for measure, (earned, cases) in marks.items() if earned < cases}


@pytest.mark.parametrize("seed", range(30))
def test_the_truth_earns_everything(seed: int) -> None:
    rng = Random(seed)
    scene, film = random_scene(rng), random_film(rng)
    talk, told = SceneTalk(scene, 320, 240), FilmTalk(film)

    assert not lost(grade_description(scene, Reply(talk.describe(rng).answer)))
    assert not lost(grade_count(scene, Reply(talk.count(rng).answer)))
    assert not lost(grade_film(film, Reply(told.describe(rng).answer)))
    assert not lost(grade_motion(film, Reply(told.moves(rng).answer)))
    assert not lost(grade_arrival(film, Reply(told.appears(rng).answer)))
    for shape in scene.shapes:
        box = shape.extent(320, 240)
        assert grade_box(shape, 320, 240, Reply("", boxes=(box,)))["box IoU"] == pytest.approx((1.0, 1))


@pytest.mark.parametrize(
    ("said", "instead"),
    [("yellow star", "red star"), ("yellow star", "yellow circle"), ("top left", "left")],
)
def test_a_wrong_object_costs_a_fact_and_is_a_false_one(said: str, instead: str) -> None:
    marks = grade_description(SCENE, Reply(TRUE.replace(said, instead)))

    assert marks["objects"] == (1, 2)
    assert marks["precision"] == (1, 2)
    assert lost(marks) == {"objects", "precision", "exact"}


def test_a_forgotten_object_is_not_a_false_one() -> None:
    marks = grade_description(SCENE, Reply(TRUE.replace(" and a blue square at the bottom right", "")))

    assert lost(marks) == {"objects", "exact"}


@pytest.mark.parametrize("extra", ["a red circle at the top", "a yellow star at the top left"])
def test_an_invented_or_repeated_object_costs_precision(extra: str) -> None:
    marks = grade_description(SCENE, Reply(TRUE.replace(".", f", {extra}.")))

    assert marks["precision"] == (2, 3)
    assert lost(marks) == {"precision", "exact"}


def test_a_wrong_background_costs_the_background() -> None:
    assert lost(grade_description(SCENE, Reply(TRUE.replace("gray", "pink")))) == {"background", "exact"}


def test_another_order_is_right_but_not_exact() -> None:
    swapped = (
        "There are 2 shapes on a gray background: a blue square at the bottom right and a yellow star at the top left."
    )
    assert lost(grade_description(SCENE, Reply(swapped))) == {"exact"}


def test_a_wrong_count() -> None:
    assert lost(grade_count(SCENE, Reply("There are 3 shapes."))) == {"count", "exact"}


@pytest.mark.parametrize(
    ("said", "instead", "costs"),
    [
        ("red circle", "red star", {"motion", "exact"}),
        ("bottom right", "right", {"motion", "direction", "exact"}),
        ("from the bottom left", "from the top left", {"motion", "direction", "exact"}),
    ],
)
def test_errors_about_motion(said: str, instead: str, costs: set[str]) -> None:
    true = "The red circle moves from the bottom left to the bottom right."

    assert lost(grade_motion(FILM, Reply(true.replace(said, instead)))) == costs


def test_a_second_motion_is_not_forgiven() -> None:
    true = "The red circle moves from the bottom left to the bottom right."
    invented = f"{true} The blue star moves from the top to the left."

    assert lost(grade_motion(FILM, Reply(invented))) == {"motion", "direction", "exact"}


@pytest.mark.parametrize(
    ("answer", "costs"),
    [
        ("The yellow star appears at 4 seconds.", {"time exact", "exact"}),
        ("The yellow star appears at 2 seconds.", {"time exact", "exact"}),
        ("The yellow star appears at 5 seconds.", {"time", "time exact", "exact"}),
        ("The red star appears at 3 seconds.", {"time", "time exact", "exact"}),
        ("Nothing appears.", {"time", "time exact", "exact"}),
    ],
)
def test_errors_about_an_arrival(answer: str, costs: set[str]) -> None:
    assert lost(grade_arrival(FILM, Reply(answer))) == costs


def test_what_does_not_happen_must_be_said_not_to_happen() -> None:
    still = Film("gray", (ARRIVAL,), 5)
    invented = "The yellow star moves from the top to the left."
    whole = Film("gray", (MOVER,), 5)

    assert lost(grade_motion(still, Reply(invented))) == {"no motion", "exact"}
    assert lost(grade_motion(still, Reply(""))) == {"no motion", "exact"}
    assert lost(grade_arrival(whole, Reply(""))) == {"no arrival", "exact"}


def test_no_box_overlaps_nothing() -> None:
    assert grade_box(SCENE.shapes[0], 320, 240, Reply("There is no yellow star.")) == {"box IoU": (0.0, 1)}


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ((0.0, 0.0, 10.0, 10.0), 1.0),
        ((5.0, 0.0, 15.0, 10.0), 1 / 3),
        ((0.0, 0.0, 5.0, 5.0), 1 / 4),
        ((10.0, 0.0, 20.0, 10.0), 0.0),
        ((5.0, 5.0, 5.0, 5.0), 0.0),
    ],
)
def test_overlap(other: tuple[float, float, float, float], overlap: float) -> None:
    assert iou((0.0, 0.0, 10.0, 10.0), other) == pytest.approx(overlap)
    assert iou(other, (0.0, 0.0, 10.0, 10.0)) == pytest.approx(overlap)


def test_thinking_is_wanted_just_when_it_was_asked_for() -> None:
    assert not lost(grade_thinking(True, Reply("a", thinking="b")))
    assert not lost(grade_thinking(False, Reply("a")))
    assert lost(grade_thinking(True, Reply("a")))
    assert lost(grade_thinking(False, Reply("a", thinking="b")))
    assert lost(grade_thinking(False, Reply("", error="no such file")))
