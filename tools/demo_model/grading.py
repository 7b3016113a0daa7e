"""How right a reply is: for each measure, what it earns out of what there was to earn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from tools.demo_model import readback
from tools.demo_model.film import Film
from tools.demo_model.language import FilmTalk, SceneTalk
from tools.demo_model.readback import Arrival, Motion
from tools.demo_model.scene import Scene, Shape

Rectangle = tuple[float, float, float, float]
"""``x1, y1, x2, y2``, edges in pixels."""
Marks = dict[str, tuple[float, int]]
"""By measure: points earned, and points to earn."""
_NO_MOTION, _NO_ARRIVAL = "Nothing moves", "Nothing appears"
_TOLERANCE = 1
"""Seconds by which a time may be off."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one question; ``error`` if nothing did."""

    answer: str
    thinking: str = ""
    boxes: tuple[Rectangle, ...] = ()
    error: str | None = None


def grade_description(scene: Scene, reply: Reply) -> Marks:
    """``objects``: true ones that are named; ``precision``: named ones that are true."""
    truth = Counter((s.color, s.kind, s.place) for s in scene.shapes)
    claimed = Counter(readback.objects(reply.answer))
    hits = (truth & claimed).total()
    expected = SceneTalk(scene, 1, 1).describe(Random(0)).answer
    return {
        "objects": (hits, truth.total()),
        "precision": (hits, claimed.total()),
        "background": _one(readback.ground(reply.answer) == scene.ground),
        "exact": _one(reply.answer == expected),
    }


def grade_count(scene: Scene, reply: Reply) -> Marks:
    expected = SceneTalk(scene, 1, 1).count(Random(0)).answer
    return {
        "count": _one(readback.count(reply.answer) == len(scene.shapes)),
        "exact": _one(reply.answer == expected),
    }


def grade_box(shape: Shape, width: int, height: int, reply: Reply) -> Marks:
    """The first box counts; an answer without one has an overlap of 0."""
    overlap = iou(reply.boxes[0], shape.extent(width, height)) if reply.boxes else 0.0
    return {"box IoU": (overlap, 1)}


def grade_film(film: Film, reply: Reply) -> Marks:
    return {"exact": _one(reply.answer == FilmTalk(film).describe(Random(0)).answer)}


def grade_motion(film: Film, reply: Reply) -> Marks:
    """``motion``: mover and both places; ``direction``: both places, whatever the mover is called."""
    talk, claimed = FilmTalk(film), readback.motions(reply.answer)
    exact = _one(reply.answer == talk.moves(Random(0)).answer)
    if not talk.movers:
        return {"no motion": _one(not claimed and _NO_MOTION in reply.answer), "exact": exact}
    mover = talk.movers[0]
    truth = Motion((mover.shape.color, mover.shape.kind), mover.at(0).place, mover.at(1).place)
    ways = [(m.start, m.end) for m in claimed]
    return {
        "motion": _one(claimed == [truth]),
        "direction": _one(ways == [(truth.start, truth.end)]),
        "exact": exact,
    }


def grade_arrival(film: Film, reply: Reply) -> Marks:
    """``time``: what appears, and when within a second; ``time exact``: to the second."""
    talk, claimed = FilmTalk(film), readback.arrivals(reply.answer)
    exact = _one(reply.answer == talk.appears(Random(0)).answer)
    if not talk.arrivals:
        return {"no arrival": _one(not claimed and _NO_ARRIVAL in reply.answer), "exact": exact}
    actor = talk.arrivals[0]
    truth = Arrival((actor.shape.color, actor.shape.kind), actor.appears or 0)
    named = len(claimed) == 1 and claimed[0].what == truth.what
    return {
        "time": _one(named and abs(claimed[0].second - truth.second) <= _TOLERANCE),
        "time exact": _one(named and claimed[0].second == truth.second),
        "exact": exact,
    }


def grade_thinking(think: bool, reply: Reply) -> Marks:
    """Whether it thought just when it was asked to."""
    return {"thinks as told": _one(reply.error is None and bool(reply.thinking) == think)}


def iou(a: Rectangle, b: Rectangle) -> float:
    """Intersection over union; 0 for rectangles without area."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(a) + _area(b) - both)


def _area(r: Rectangle) -> float:
    return (r[2] - r[0]) * (r[3] - r[1])


def _one(right: bool) -> tuple[float, int]:
    return float(right), 1
