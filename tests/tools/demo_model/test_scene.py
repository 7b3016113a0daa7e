from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from tools.demo_model.scene import (
    COLORS,
    GROUNDS,
    KINDS,
    PLACES,
    Palette,
    Scene,
    Shape,
    apart,
    draw,
    near_place,
    random_scene,
)

ASPECTS = (4 / 3, 1.0, 3 / 4, 16 / 9)
SEEDS = range(30)


def size_of(aspect: float) -> tuple[int, int]:
    return (round(240 * aspect), 240) if aspect >= 1 else (240, round(240 / aspect))


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_shapes_lie_inside_and_keep_clear_of_each_other(seed: int, aspect: float) -> None:
    scene = random_scene(Random(seed), aspect)
    width, height = size_of(aspect)

    for shape in scene.shapes:
        x1, y1, x2, y2 = shape.extent(width, height)
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
    for a, b in combinations(scene.shapes, 2):
        assert apart(a, b, aspect)
        assert a.place != b.place
        assert (a.kind, a.color) != (b.kind, b.color)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_shape_covers_a_pixel_of_another(seed: int) -> None:
    scene = random_scene(Random(seed), count=3)
    covered = np.zeros((240, 320), np.int64)
    for shape in scene.shapes:
        covered += painted(shape, scene.ground, 320, 240)

    assert covered.max() == 1


def test_scenes_hold_one_to_three_shapes_in_reading_order_and_every_word_occurs() -> None:
    scenes = [random_scene(Random(seed)) for seed in range(400)]
    places = [[PLACES.index(s.place) for s in scene.shapes] for scene in scenes]

    assert {len(scene.shapes) for scene in scenes} == {1, 2, 3}
    assert all(found == sorted(found) for found in places)
    assert {s.kind for scene in scenes for s in scene.shapes} == set(KINDS)
    assert {s.color for scene in scenes for s in scene.shapes} == set(COLORS)
    assert {s.place for scene in scenes for s in scene.shapes} == set(PLACES)
    assert {scene.ground for scene in scenes} == set(GROUNDS)


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("place", range(9))
def test_a_centre_near_a_place_is_in_it(place: int, aspect: float) -> None:
    for seed in range(40):
        cx, cy = near_place(Random(seed), place, radius=1 / 6, aspect=aspect)
        assert Shape("circle", "red", cx, cy, 1 / 6).place == PLACES[place]


@pytest.mark.parametrize("smooth", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_box_holds_the_drawn_pixels_and_little_else(kind: str, smooth: int) -> None:
    for seed in range(10):
        rng = Random(seed)
        radius = rng.uniform(1 / 10, 1 / 6)
        shape = Shape(kind, "red", *near_place(rng, rng.randrange(9), radius, 4 / 3), radius)
        rows, columns = np.nonzero(painted(shape, "cyan", 320, 240, smooth))
        drawn = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)

        assert overlap(drawn, shape.extent(320, 240)) > 0.9


def painted(shape: Shape, ground: str, width: int, height: int, smooth: int = 1) -> np.ndarray:
    """Where a picture of ``shape`` alone differs from its ground: ``[H, W]`` bool."""
    palette = Palette(Random(0))
    picture = np.asarray(draw(Scene(ground, (shape,)), width, height, palette, smooth))
    there: np.ndarray = (picture != palette[ground]).any(axis=-1)
    return there


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union, written out here so that the evaluation's own is not its judge."""
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(r[2] - r[0]) * (r[3] - r[1]) for r in (a, b)]
    return wide * high / (sum(areas) - wide * high)


def test_a_palette_keeps_its_colours_apart_and_to_itself() -> None:
    palette = Palette(Random(0))

    assert palette["red"] == palette["red"]
    for name, base in (COLORS | GROUNDS).items():
        assert max(abs(a - b) for a, b in zip(palette[name], base, strict=True)) <= 12


def test_smooth_edges_mix_shape_and_ground() -> None:
    scene = Scene("cyan", (Shape("circle", "red", 0.5, 0.5, 1 / 6),))
    hard, soft = (draw(scene, 96, 72, Palette(Random(0)), smooth) for smooth in (1, 4))

    assert hard.size == soft.size == (96, 72)
    assert len(hard.getcolors() or ()) == 2
    assert len(soft.getcolors() or ()) > 2
