from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.demo_model.cases import Case, box_cases, evaluation_random, film_cases, scene_cases
from tools.demo_model.gallery import CONDITIONS
from tools.demo_model.grading import Reply


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Case]:
    folder = tmp_path_factory.mktemp("cases")
    return [*scene_cases(folder, 7, 2), *box_cases(folder, 7, 2), *film_cases(folder, 7, 1)]


def test_every_condition_asks_the_same_of_the_same_scene(cases: Sequence[Case]) -> None:
    stills = [case for case in cases if case.path.suffix != ".mp4"]
    asked = {c.name: [case.prompt for case in stills if case.condition == c.name] for c in CONDITIONS}

    assert len(asked["clean"]) == 2 * 2 + 2
    assert all(prompts == asked["clean"] for prompts in asked.values())


def test_a_film_is_asked_about_three_times(cases: Sequence[Case]) -> None:
    films = [case for case in cases if case.path.suffix == ".mp4"]

    assert len({case.prompt for case in films}) == len(films) == 3


def test_files_are_there_and_silence_earns_nothing(cases: Sequence[Case]) -> None:
    for case in cases:
        assert case.path.stat().st_size > 0
        assert all(earned == 0 for earned, _ in case.grade(Reply("", error="none")).values())


def test_a_seed_draws_the_same_and_another_does_not(tmp_path: Path) -> None:
    drawn = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        (tmp_path / name).mkdir()
        drawn.append([case.path.read_bytes() for case in scene_cases(tmp_path / name, seed, 1)])

    assert drawn[0] == drawn[1] != drawn[2]


def test_scenes_boxes_and_films_are_drawn_apart() -> None:
    drawn = {evaluation_random(7, what, n).random() for what in ("scene", "box", "film") for n in range(100)}

    assert len(drawn) == 300
