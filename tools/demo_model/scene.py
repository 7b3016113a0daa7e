"""Still scenes of one to three coloured shapes on a plain ground, and how they are drawn.

Positions are fractions of the picture's width and height, radii fractions of its shorter side, so that one scene can be
drawn at any size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

KINDS = ("circle", "square", "triangle", "star")
COLORS = {
    "red": (215, 40, 40),
    "green": (40, 160, 60),
    "blue": (45, 80, 210),
    "yellow": (245, 220, 50),
    "purple": (140, 50, 170),
    "orange": (245, 140, 30),
    "black": (25, 25, 25),
    "white": (245, 245, 245),
}
GROUNDS = {"gray": (150, 150, 150), "pink": (250, 195, 205), "cyan": (160, 225, 225), "brown": (150, 105, 75)}
PLACES = ("top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right")

MIN_RADIUS, MAX_RADIUS = 1 / 10, 1 / 6
_PLACE_JITTER = 0.06
"""How far a centre strays from the middle of its place, as a fraction; a place is 1/3 wide."""
_COLOR_JITTER = 12


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: ``cx``, ``cy`` in 0…1 of width and height, ``radius`` in units of the shorter side."""

    kind: str
    color: str
    cx: float
    cy: float
    radius: float

    @property
    def place(self) -> str:
        return PLACES[min(2, int(self.cy * 3)) * 3 + min(2, int(self.cx * 3))]

    def extent(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The bounding box ``x1, y1, x2, y2`` in pixels of a ``width`` × ``height`` picture."""
        xs, ys = zip(*self.outline(width, height), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def outline(self, width: int, height: int) -> list[tuple[float, float]]:
        """The corners in pixels (a circle is given by the corners of its bounding square)."""
        r = self.radius * min(width, height)
        x, y = self.cx * width, self.cy * height
        if self.kind == "triangle":
            angles = [(-90 + 120 * i, r) for i in range(3)]
        elif self.kind == "star":
            angles = [(-90 + 36 * i, r if i % 2 == 0 else 0.42 * r) for i in range(10)]
        else:
            half = r if self.kind == "circle" else 0.88 * r
            return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        return [(x + d * math.cos(math.radians(a)), y + d * math.sin(math.radians(a))) for a, d in angles]


@dataclass(frozen=True, slots=True)
class Scene:
    """A ground and its shapes, in reading order of their places."""

    ground: str
    shapes: tuple[Shape, ...]


def reading_order(shapes: list[Shape]) -> tuple[Shape, ...]:
    return tuple(sorted(shapes, key=lambda s: PLACES.index(s.place)))


def near_place(rng: Random, place: int, radius: float, aspect: float) -> tuple[float, float]:
    """A centre in the given place (0…8) such that the shape stays inside a picture of ``aspect`` = width / height."""
    margin_x = radius * min(1.0, 1 / aspect) + 0.01
    margin_y = radius * min(1.0, aspect) + 0.01
    cx = (place % 3 + 0.5) / 3 + rng.uniform(-_PLACE_JITTER, _PLACE_JITTER)
    cy = (place // 3 + 0.5) / 3 + rng.uniform(-_PLACE_JITTER, _PLACE_JITTER)
    return min(max(cx, margin_x), 1 - margin_x), min(max(cy, margin_y), 1 - margin_y)


def apart(a: Shape, b: Shape, aspect: float) -> bool:
    """Whether two shapes keep clear of each other in a picture of ``aspect`` = width / height."""
    dx = (a.cx - b.cx) * max(1.0, aspect)
    dy = (a.cy - b.cy) * max(1.0, 1 / aspect)
    return math.hypot(dx, dy) > (a.radius + b.radius) * 1.05


def random_scene(rng: Random, aspect: float = 4 / 3, count: int | None = None) -> Scene:
    """One to three shapes, no two equal in both kind and colour, each in a place of its own."""
    count = count or rng.randint(1, 3)
    shapes: list[Shape] = []
    while len(shapes) < count:
        shape = random_shape(rng, rng.randrange(9), aspect)
        if all(
            apart(shape, other, aspect)
            and shape.place != other.place
            and (shape.kind, shape.color) != (other.kind, other.color)
            for other in shapes
        ):
            shapes.append(shape)
    return Scene(rng.choice(tuple(GROUNDS)), reading_order(shapes))


def random_shape(rng: Random, place: int, aspect: float) -> Shape:
    radius = rng.uniform(MIN_RADIUS, MAX_RADIUS)
    cx, cy = near_place(rng, place, radius, aspect)
    return Shape(rng.choice(KINDS), rng.choice(tuple(COLORS)), cx, cy, radius)


class Palette:
    """The colours of one picture: the named ones, each a little off."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._chosen: dict[str, tuple[int, int, int]] = {}

    def __getitem__(self, name: str) -> tuple[int, int, int]:
        if name not in self._chosen:
            base = COLORS.get(name) or GROUNDS[name]
            r, g, b = (min(255, max(0, c + self._rng.randint(-_COLOR_JITTER, _COLOR_JITTER))) for c in base)
            self._chosen[name] = (r, g, b)
        return self._chosen[name]


def draw(scene: Scene, width: int, height: int, palette: Palette, smooth: int = 1) -> Image.Image:
    """The scene as an RGB picture; ``smooth`` > 1 draws larger and scales down, for clean edges."""
    w, h = width * smooth, height * smooth
    image = Image.new("RGB", (w, h), palette[scene.ground])
    pen = ImageDraw.Draw(image)
    for shape in scene.shapes:
        corners = shape.outline(w, h)
        if shape.kind == "circle":
            pen.ellipse([corners[0], corners[2]], fill=palette[shape.color])
        else:
            pen.polygon(corners, fill=palette[shape.color])
    return image.resize((width, height), Image.Resampling.BOX) if smooth > 1 else image
