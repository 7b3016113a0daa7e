"""What is asked about scenes and films, and the fixed forms in which the demo model answers.

A :class:`Turn` holds a question, the answer, and the thinking that leads to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tools.demo_model import phrases
from tools.demo_model.film import Actor, Film
from tools.demo_model.scene import COLORS, KINDS, PLACES, Scene, Shape

BOX_OPEN, BOX_CLOSE = "<|begin_of_box|>", "<|end_of_box|>"


@dataclass(frozen=True, slots=True)
class Turn:
    question: str
    answer: str
    thought: str


def named(shape: Shape) -> str:
    return f"{shape.color} {shape.kind}"


def an(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def placed(shape: Shape) -> str:
    return f"{an(named(shape))} at the {shape.place}"


def listed(items: list[str], empty: str = "nothing") -> str:
    if len(items) < 2:
        return items[0] if items else empty
    return ", ".join(items[:-1]) + " and " + items[-1]


def counted(count: int, noun: str = "shape") -> str:
    verb, plural = ("is", "") if count == 1 else ("are", "s")
    return f"There {verb} {count or 'no'} {noun}{plural}"


def box_text(extent: tuple[float, float, float, float], width: int, height: int) -> str:
    """A bounding box in pixels as the family writes it: thousandths of width and height, 0…999."""
    x1, y1, x2, y2 = extent
    scaled = (x1 / width, y1 / height, x2 / width, y2 / height)
    numbers = ",".join(str(min(999, max(0, round(v * 1000)))) for v in scaled)
    return f"{BOX_OPEN}[[{numbers}]]{BOX_CLOSE}"


class SceneTalk:
    """Questions about one still scene drawn at ``width`` × ``height`` pixels."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        self.scene, self.width, self.height = scene, width, height
        self.sees = f"I see {listed([placed(s) for s in scene.shapes])}."

    def describe(self, rng: Random) -> Turn:
        count = counted(len(self.scene.shapes))
        listing = listed([placed(s) for s in self.scene.shapes])
        answer = f"{count} on {an(self.scene.ground)} background: {listing}."
        return Turn(phrases.ask(rng, phrases.DESCRIBE_IMAGE), answer, f"{self.sees} {count}.")

    def count(self, rng: Random) -> Turn:
        answer = counted(len(self.scene.shapes)) + "."
        return Turn(phrases.ask(rng, phrases.COUNT), answer, self.sees)

    def count_some(self, rng: Random) -> Turn:
        """How many of one kind or of one colour; about half of the time some that are there."""
        shape = rng.choice(self.scene.shapes)
        if rng.random() < 0.5:
            kind = shape.kind if rng.random() < 0.6 else rng.choice(KINDS)
            noun, matching = kind, [s for s in self.scene.shapes if s.kind == kind]
        else:
            color = shape.color if rng.random() < 0.6 else rng.choice(tuple(COLORS))
            noun, matching = f"{color} shape", [s for s in self.scene.shapes if s.color == color]
        question = phrases.ask(rng, phrases.COUNT_SOME, what=f"{noun}s")
        return Turn(question, counted(len(matching), noun) + ".", self.sees)

    def where(self, rng: Random) -> Turn:
        shape = self._wanted(rng)
        answer = f"The {named(shape)} is at the {shape.place}." if self._has(shape) else self._missing(shape)
        return Turn(phrases.ask(rng, phrases.WHERE, what=named(shape)), answer, self.sees)

    def box(self, rng: Random) -> Turn:
        shape = self._wanted(rng)
        if self._has(shape):
            answer = box_text(shape.extent(self.width, self.height), self.width, self.height)
        else:
            answer = self._missing(shape)
        return Turn(phrases.ask(rng, phrases.BOX, what=named(shape)), answer, self.sees)

    def color(self, rng: Random) -> Turn:
        """The colour of the only shape of its kind, or of whatever lies at a place."""
        alone = [s for s in self.scene.shapes if sum(o.kind == s.kind for o in self.scene.shapes) == 1]
        if not alone or rng.random() < 0.3:
            shape = rng.choice(self.scene.shapes)
            question = phrases.ask(rng, phrases.COLOR_AT, place=shape.place)
        else:
            shape = rng.choice(alone)
            question = phrases.ask(rng, phrases.COLOR, what=shape.kind)
        return Turn(question, f"The {shape.kind} is {shape.color}.", self.sees)

    def at_place(self, rng: Random) -> Turn:
        place = rng.choice(self.scene.shapes).place if rng.random() < 0.7 else rng.choice(PLACES)
        found = [an(named(s)) for s in self.scene.shapes if s.place == place]
        answer = f"There is {listed(found)} at the {place}."
        return Turn(phrases.ask(rng, phrases.AT_PLACE, place=place), answer, self.sees)

    def background(self, rng: Random) -> Turn:
        return Turn(phrases.ask(rng, phrases.BACKGROUND), f"The background is {self.scene.ground}.", self.sees)

    def _wanted(self, rng: Random) -> Shape:
        """Mostly a shape that is there; sometimes a made-up one."""
        shape = rng.choice(self.scene.shapes)
        if rng.random() < 0.85:
            return shape
        made_up = Shape(rng.choice(KINDS), rng.choice(tuple(COLORS)), shape.cx, shape.cy, shape.radius)
        return shape if self._has(made_up) else made_up

    def _has(self, shape: Shape) -> bool:
        return any((s.kind, s.color) == (shape.kind, shape.color) for s in self.scene.shapes)

    @staticmethod
    def _missing(shape: Shape) -> str:
        return f"There is no {named(shape)}."


class PairTalk:
    """Questions about two still scenes."""

    def __init__(self, first: Scene, second: Scene) -> None:
        self.first, self.second = first, second
        one, two = (listed([placed(s) for s in scene.shapes]) for scene in (first, second))
        self.both = f"Image 1: {one}. Image 2: {two}."

    def describe(self, rng: Random) -> Turn:
        return Turn(phrases.ask(rng, phrases.DESCRIBE_PAIR), self.both, "I look at both images.")

    def compare(self, rng: Random) -> Turn:
        one, two = ([placed(s) for s in scene.shapes] for scene in (self.first, self.second))
        only_one, only_two = [s for s in one if s not in two], [s for s in two if s not in one]
        parts = [f"Only image {n} has {listed(o)}." for n, o in ((1, only_one), (2, only_two)) if o]
        answer = " ".join(parts) or "Both images show the same shapes."
        return Turn(phrases.ask(rng, phrases.COMPARE), answer, self.both)


class FilmTalk:
    """Questions about a film."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self.movers = [a for a in film.actors if a.to is not None]
        self.arrivals = [a for a in film.actors if a.appears is not None]
        start, end = film.scene(0), film.scene(film.seconds)
        self.sees = " ".join(
            [
                f"At first: {listed([placed(s) for s in start.shapes])}.",
                f"At last: {listed([placed(s) for s in end.shapes])}.",
                *(f"New: {an(named(a.shape))} at {seconds(a.appears or 0)}." for a in self.arrivals),
            ]
        )

    def describe(self, rng: Random) -> Turn:
        stays = [a for a in self.film.actors if a.to is None and a.appears is None]
        answer = " ".join(
            [
                *(self.motion(a) for a in self.movers),
                *(self.arrival(a) for a in self.arrivals),
                *(f"The {named(a.shape)} stays at the {a.shape.place}." for a in stays),
            ]
        )
        return Turn(phrases.ask(rng, phrases.DESCRIBE_FILM), answer, self.sees)

    def moves(self, rng: Random) -> Turn:
        answer = " ".join(map(self.motion, self.movers)) or "Nothing moves."
        return Turn(phrases.ask(rng, phrases.MOVES), answer, self.sees)

    def appears(self, rng: Random) -> Turn:
        if self.arrivals and rng.random() < 0.6:
            question = phrases.ask(rng, phrases.WHEN, what=named(self.arrivals[0].shape))
        else:
            question = phrases.ask(rng, phrases.APPEARS)
        return Turn(question, " ".join(map(self.arrival, self.arrivals)) or "Nothing appears.", self.sees)

    @staticmethod
    def motion(actor: Actor) -> str:
        start, end = actor.at(0).place, actor.at(1).place
        return f"The {named(actor.shape)} moves from the {start} to the {end}."

    @staticmethod
    def arrival(actor: Actor) -> str:
        return f"The {named(actor.shape)} appears at {seconds(actor.appears or 0)}."


def seconds(count: int) -> str:
    return f"{count} second{'' if count == 1 else 's'}"


def about_itself(rng: Random) -> Turn:
    return Turn(phrases.ask(rng, phrases.WHO), phrases.I_AM, "The user asks about me.")


def beyond(rng: Random) -> Turn:
    """Something that the demo knows nothing about."""
    return Turn(phrases.off_topic(rng), phrases.I_KNOW, "I know nothing about this.")


def nothing_shown(rng: Random) -> Turn:
    """A question about a picture when there is none."""
    forms = rng.choice((phrases.DESCRIBE_IMAGE, phrases.COUNT, phrases.DESCRIBE_FILM, phrases.BACKGROUND))
    return Turn(phrases.ask(rng, forms), phrases.NO_MEDIA, "There is no image.")
