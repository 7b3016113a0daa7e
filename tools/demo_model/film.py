"""Short films: shapes that stay, one that may move, one that may appear at a whole second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tools.demo_model.scene import GROUNDS, Scene, Shape, apart, near_place, random_shape, reading_order

MIN_SECONDS, MAX_SECONDS = 3, 8
_CASTS = (
    ("move",), ("appear",), ("move", "stay"), ("move", "stay"), ("appear", "stay"), ("move", "appear"),
    ("move", "appear"), ("move", "appear", "stay"), ("move", "appear", "stay"),
)  # fmt: skip
"""What the actors of a film do; films in which something must be told apart come more often."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A shape and what it does: ``to`` is where it moves (fractions), ``appears`` the second it is first seen."""

    shape: Shape
    to: tuple[float, float] | None = None
    appears: int | None = None

    def at(self, progress: float) -> Shape:
        """The shape when a fraction ``progress`` of the film has passed."""
        if self.to is None:
            return self.shape
        x, y = self.shape.cx, self.shape.cy
        return replace(self.shape, cx=x + (self.to[0] - x) * progress, cy=y + (self.to[1] - y) * progress)


@dataclass(frozen=True, slots=True)
class Film:
    """Actors on a ground for ``seconds``; movement is even from the first frame to the last."""

    ground: str
    actors: tuple[Actor, ...]
    seconds: int

    def scene(self, time: float) -> Scene:
        """What is seen at ``time`` seconds."""
        progress = min(1.0, time / (self.seconds - 0.5))
        seen = [a.at(progress) for a in self.actors if a.appears is None or time >= a.appears - 1e-6]
        return Scene(self.ground, reading_order(seen))


def random_film(rng: Random, aspect: float = 4 / 3) -> Film:
    """One to three actors: at most one moves, at most one appears, at least one of them does something."""
    seconds = rng.randint(MIN_SECONDS, MAX_SECONDS)
    roles = rng.choice(_CASTS)
    while True:
        actors = [_actor(rng, role, aspect, seconds) for role in roles]
        if _legible(actors, aspect):
            return Film(rng.choice(tuple(GROUNDS)), tuple(actors), seconds)


def _actor(rng: Random, role: str, aspect: float, seconds: int) -> Actor:
    place = rng.randrange(9)
    shape = random_shape(rng, place, aspect)
    if role == "move":
        target = rng.choice([p for p in range(9) if p != place])
        return Actor(shape, to=near_place(rng, target, shape.radius, aspect))
    if role == "appear":
        return Actor(shape, appears=rng.randint(1, seconds - 1))
    return Actor(shape)


def _legible(actors: list[Actor], aspect: float) -> bool:
    """No two actors alike, and never one over another."""
    for i, a in enumerate(actors):
        for b in actors[:i]:
            if (a.shape.kind, a.shape.color) == (b.shape.kind, b.shape.color):
                return False
            if not all(apart(a.at(k / 8), b.at(k / 8), aspect) for k in range(9)):
                return False
    return True
