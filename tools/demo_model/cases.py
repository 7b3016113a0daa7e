"""The questions of the evaluation, about pictures and films that no training step has drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tools.demo_model import grading
from tools.demo_model.film import random_film
from tools.demo_model.gallery import CONDITIONS, save_film, save_picture
from tools.demo_model.grading import Marks, Reply
from tools.demo_model.language import named
from tools.demo_model.scene import Palette, Scene, draw, random_scene

DESCRIBE, COUNT = "Describe this image.", "How many shapes are there?"
FILM, MOTION, ARRIVAL = "Describe this video.", "What moves?", "What appears, and when?"
FILM_CONDITION = "H.264"
FILM_SIZE = (320, 240)
_SIZES = ((320, 240), (480, 360), (500, 375), (300, 300), (240, 320), (450, 300))


@dataclass(frozen=True, slots=True)
class Case:
    """A question about one file, and how to grade the reply."""

    path: Path
    prompt: str
    condition: str
    grade: Callable[[Reply], Marks]


def evaluation_random(seed: int, what: str, number: int) -> Random:
    """Training draws from ``"SEED STEP RANK"``, three numbers: no such text begins with a word."""
    return Random(f"evaluation {seed} {what} {number}")


def scene_cases(folder: Path, seed: int, scenes: int) -> Iterator[Case]:
    """A description and a count of every scene in every condition."""
    for number in range(scenes):
        scene, files = _picture(folder, evaluation_random(seed, "scene", number), f"scene-{number}")
        for condition, path, _, _ in files:
            yield Case(path, DESCRIBE, condition, partial(grading.grade_description, scene))
            yield Case(path, COUNT, condition, partial(grading.grade_count, scene))


def box_cases(folder: Path, seed: int, boxes: int) -> Iterator[Case]:
    """The box of one shape of every scene in every condition."""
    for number in range(boxes):
        rng = evaluation_random(seed, "box", number)
        scene, files = _picture(folder, rng, f"box-{number}")
        shape = rng.choice(scene.shapes)
        prompt = f"Give the bounding box of the {named(shape)}."
        for condition, path, width, height in files:
            yield Case(path, prompt, condition, partial(grading.grade_box, shape, width, height))


def film_cases(folder: Path, seed: int, films: int) -> Iterator[Case]:
    """Three questions about every film."""
    width, height = FILM_SIZE
    for number in range(films):
        rng = evaluation_random(seed, "film", number)
        film = random_film(rng, width / height)
        path = folder / f"film-{number}.mp4"
        save_film(film, path, width, height, Palette(rng))
        yield Case(path, FILM, FILM_CONDITION, partial(grading.grade_film, film))
        yield Case(path, MOTION, FILM_CONDITION, partial(grading.grade_motion, film))
        yield Case(path, ARRIVAL, FILM_CONDITION, partial(grading.grade_arrival, film))


def _picture(folder: Path, rng: Random, stem: str) -> tuple[Scene, list[tuple[str, Path, int, int]]]:
    """A scene and its files: condition, path, width and height."""
    width, height = rng.choice(_SIZES)
    scene = random_scene(rng, width / height)
    image = draw(scene, width, height, Palette(rng), smooth=rng.choice((1, 2)))
    files = []
    for condition in CONDITIONS:
        path = folder / f"{stem}-{condition.name}{condition.suffix}"
        files.append((condition.name, path, *save_picture(image, path, condition)))
    return scene, files
