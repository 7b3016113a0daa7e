"""What an answer of the demo model claims, read from its text.

Reads the fixed forms of :mod:`.language` wherever they stand; words around them neither help nor hurt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.demo_model.scene import COLORS, GROUNDS, KINDS, PLACES

Named = tuple[str, str]
"""Colour and kind."""
Placed = tuple[str, str, str]
"""Colour, kind and place."""


@dataclass(frozen=True, slots=True)
class Motion:
    """``mover`` goes from the place ``start`` to the place ``end``."""

    mover: Named
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """``what`` is first seen at ``second``."""

    what: Named
    second: int


def _one_of(words: tuple[str, ...]) -> str:
    return f"({'|'.join(sorted(words, key=len, reverse=True))})"  # "top left" before "top"


_NAMED = rf"\b{_one_of(tuple(COLORS))} {_one_of(KINDS)}"
_PLACE = rf"{_one_of(PLACES)}\b"
_OBJECT = re.compile(rf"{_NAMED} at the {_PLACE}")
_COUNT = re.compile(r"\bThere (?:is|are) (no|\d+) shapes?\b")
_GROUND = re.compile(rf"\b{_one_of(tuple(GROUNDS))} background\b")
_MOTION = re.compile(rf"{_NAMED} moves from the {_PLACE} to the {_PLACE}")
_ARRIVAL = re.compile(rf"{_NAMED} appears at (\d+) seconds?\b")


def objects(answer: str) -> list[Placed]:
    """Every ``a red circle at the top left``, as often as it is said."""
    return [(m[1], m[2], m[3]) for m in _OBJECT.finditer(answer)]


def count(answer: str) -> int | None:
    """The number in ``There are 2 shapes``; ``None`` if there is none, or more than one."""
    found = _COUNT.findall(answer)
    if len(found) != 1:
        return None
    return 0 if found[0] == "no" else int(found[0])


def ground(answer: str) -> str | None:
    """The colour in ``on a gray background``; ``None`` if there is none, or more than one."""
    found = _GROUND.findall(answer)
    return str(found[0]) if len(found) == 1 else None


def motions(answer: str) -> list[Motion]:
    """Every ``The red circle moves from the left to the right``."""
    return [Motion((m[1], m[2]), m[3], m[4]) for m in _MOTION.finditer(answer)]


def arrivals(answer: str) -> list[Arrival]:
    """Every ``The blue square appears at 4 seconds``."""
    return [Arrival((m[1], m[2]), int(m[3])) for m in _ARRIVAL.finditer(answer)]
