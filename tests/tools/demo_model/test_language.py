from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest

from tools.demo_model import language
from tools.demo_model.film import Actor, Film, random_film
from tools.demo_model.language import FilmTalk, PairTalk, SceneTalk, Turn, an, box_text, counted, listed
from tools.demo_model.scene import COLORS, KINDS, PLACES, Scene, Shape, random_scene

STAR = Shape("star", "yellow", 0.17, 0.2, 0.15)
SQUARE = Shape("square", "blue", 0.82, 0.8, 0.14)
CIRCLE = Shape("circle", "orange", 0.5, 0.5, 0.15)
SCENE = Scene("gray", (STAR, SQUARE))
TALK = SceneTalk(SCENE, 320, 240)


def answers(ask: Callable[[Random], Turn], rounds: int = 200) -> set[str]:
    """Everything that is answered to any wording."""
    return {ask(Random(seed)).answer for seed in range(rounds)}


def test_a_scene_is_described_in_the_fixed_form() -> None:
    turn = TALK.describe(Random(0))

    assert turn.answer == (
        "There are 2 shapes on a gray background: a yellow star at the top left and a blue square at the bottom right."
    )
    assert turn.thought == (
        "I see a yellow star at the top left and a blue square at the bottom right. There are 2 shapes."
    )


def test_articles_lists_and_numbers_agree() -> None:
    alone = SceneTalk(Scene("pink", (CIRCLE,)), 320, 240).describe(Random(0)).answer

    assert alone == "There is 1 shape on a pink background: an orange circle at the center."
    assert [an("red circle"), an("orange star")] == ["a red circle", "an orange star"]
    assert [counted(0), counted(1), counted(3)] == ["There are no shapes", "There is 1 shape", "There are 3 shapes"]
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["nothing", "a", "a, b and c"]


def test_where_names_the_place_or_the_lack() -> None:
    said = answers(TALK.where)

    assert {"The yellow star is at the top left.", "The blue square is at the bottom right."} <= said
    assert all(re.fullmatch(r"The .* is at the .*\.|There is no \w+ \w+\.", answer) for answer in said)


@pytest.mark.parametrize("seed", range(60))
def test_the_question_names_what_the_answer_is_about(seed: int) -> None:
    for ask in (TALK.where, TALK.box):
        turn = ask(Random(seed))
        asked = re.search(rf"({'|'.join(COLORS)}) ({'|'.join(KINDS)})", turn.question, re.IGNORECASE)
        assert asked is not None
        there = (asked[1].lower(), asked[2]) in {(s.color, s.kind) for s in SCENE.shapes}
        assert turn.answer.startswith("There is no") != there


def test_a_made_up_shape_that_is_there_by_chance_is_told_where_it_is() -> None:
    boxes = {box_text(shape.extent(320, 240), 320, 240) for shape in SCENE.shapes}
    places = {f"The {s.color} {s.kind} is at the {s.place}." for s in SCENE.shapes}

    assert {a for a in answers(TALK.box, 2000) if not a.startswith("There is no")} == boxes
    assert {a for a in answers(TALK.where, 2000) if not a.startswith("There is no")} == places


def test_boxes_are_thousandths_of_the_picture_between_the_marks() -> None:
    said = answers(TALK.box)

    assert {box_text(shape.extent(320, 240), 320, 240) for shape in SCENE.shapes} <= said
    assert box_text((32, 24, 160, 240), 320, 240) == "<|begin_of_box|>[[100,100,500,999]]<|end_of_box|>"


@pytest.mark.parametrize("seed", range(60))
def test_boxes_go_from_top_left_to_bottom_right(seed: int) -> None:
    shape = random_scene(Random(seed)).shapes[0]
    x1, y1, x2, y2 = map(int, re.findall(r"\d+", box_text(shape.extent(320, 240), 320, 240)))

    assert 0 <= x1 < x2 <= 999
    assert 0 <= y1 < y2 <= 999


def test_colours_places_and_background() -> None:
    assert answers(TALK.color) == {"The star is yellow.", "The square is blue."}
    assert answers(TALK.background) == {"The background is gray."}
    assert {
        "There is a yellow star at the top left.",
        "There is a blue square at the bottom right.",
        "There is nothing at the center.",
    } <= answers(TALK.at_place)


def test_the_colour_of_one_of_two_equal_kinds_is_asked_by_place_only() -> None:
    twins = Scene("gray", (STAR, Shape("star", "red", 0.8, 0.8, 0.14)))

    for seed in range(60):
        turn = SceneTalk(twins, 320, 240).color(Random(seed))
        assert any(place in turn.question for place in PLACES)


def test_some_are_counted_by_kind_or_colour() -> None:
    said = answers(TALK.count_some)

    assert {"There is 1 star.", "There is 1 blue shape.", "There are no circles."} <= said
    assert all(re.fullmatch(r"There (is 1|are no) [a-z ]+\.", answer) for answer in said)


def test_pairs_are_compared_by_what_only_one_has() -> None:
    pair = PairTalk(SCENE, Scene("gray", (STAR, CIRCLE)))

    assert answers(pair.compare) == {
        "Only image 1 has a blue square at the bottom right. Only image 2 has an orange circle at the center."
    }
    assert answers(PairTalk(SCENE, SCENE).compare) == {"Both images show the same shapes."}
    assert answers(PairTalk(SCENE, Scene("gray", (STAR,))).compare) == {
        "Only image 1 has a blue square at the bottom right."
    }


def test_films_are_told_in_the_fixed_forms() -> None:
    mover = Actor(Shape("circle", "red", 0.17, 0.5, 0.15), to=(0.83, 0.5))
    late = Actor(Shape("square", "blue", 0.5, 0.15, 0.12), appears=4)
    talk = FilmTalk(Film("gray", (mover, late, Actor(SQUARE)), seconds=6))
    moves, appears = "The red circle moves from the left to the right.", "The blue square appears at 4 seconds."

    assert answers(talk.moves) == {moves}
    assert answers(talk.appears) == {appears}
    assert answers(talk.describe) == {f"{moves} {appears} The blue square stays at the bottom right."}


def test_a_single_second_and_nothing_at_all() -> None:
    early = FilmTalk(Film("gray", (Actor(STAR, appears=1),), seconds=3))

    assert answers(early.appears) == {"The yellow star appears at 1 second."}
    assert answers(early.moves) == {"Nothing moves."}
    assert answers(FilmTalk(Film("gray", (Actor(STAR, to=(0.8, 0.8)),), 3)).appears) == {"Nothing appears."}


@pytest.mark.parametrize("seed", range(40))
def test_a_film_is_thought_about_by_its_first_and_last_frame(seed: int) -> None:
    film = random_film(Random(seed))
    thought = FilmTalk(film).describe(Random(seed)).thought

    for actor in film.actors:
        assert f"{actor.shape.color} {actor.shape.kind} at the {actor.at(1).place}" in thought
        if actor.appears is None:
            assert f"{actor.shape.color} {actor.shape.kind} at the {actor.at(0).place}" in thought


def test_it_says_what_it_is_and_that_it_knows_no_more() -> None:
    assert len(answers(language.about_itself)) == len(answers(language.beyond)) == 1
    assert "demo" in language.about_itself(Random(0)).answer
    assert answers(language.nothing_shown) == {"I see no picture. Give me a picture or a short film of drawn shapes."}


@pytest.mark.parametrize("seed", range(100))
def test_questions_hold_no_placeholder_and_no_mark(seed: int) -> None:
    rng = Random(seed)
    for ask in (TALK.count_some, TALK.where, TALK.box, TALK.color, TALK.at_place, language.beyond):
        question = ask(rng).question
        assert question.strip()
        assert not set("{}<>|") & set(question)
