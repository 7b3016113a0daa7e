"""The figures of an evaluation, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tools.demo_model.grading import Marks

TARGETS = {"objects": 0.95, "count": 0.97, "motion": 0.95, "time": 0.90, "box IoU": 0.70}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one contestant in one condition; ``value`` is ``None`` if there was nothing to earn."""

    model: str
    thinking: bool
    condition: str
    measure: str
    value: float | None
    cases: int

    @property
    def target(self) -> float | None:
        return TARGETS.get(self.measure)

    @property
    def missed(self) -> bool:
        """A target without a single case counts as missed: nothing has been shown."""
        return self.target is not None and (self.value is None or self.value < self.target)


class Tally:
    """Adds up the marks of one contestant."""

    def __init__(self, model: str, thinking: bool) -> None:
        self._model, self._thinking = model, thinking
        self._sums: dict[tuple[str, str], tuple[float, int]] = {}

    def add(self, condition: str, marks: Marks) -> None:
        for measure, (earned, cases) in marks.items():
            before = self._sums.get((condition, measure), (0.0, 0))
            self._sums[condition, measure] = (before[0] + earned, before[1] + cases)

    def figures(self) -> list[Figure]:
        return [
            Figure(self._model, self._thinking, condition, measure, earned / cases if cases else None, cases)
            for (condition, measure), (earned, cases) in self._sums.items()
        ]


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Flat records; ``target`` and ``met`` stand only where there is a target."""
    records = []
    for figure in figures:
        record = asdict(figure)
        if figure.value is not None:
            record["value"] = round(figure.value, 4)
        if figure.target is not None:
            record |= {"target": figure.target, "met": not figure.missed}
        records.append(record)
    return records


def table(figures: Sequence[Figure]) -> str:
    """A row for each measure and condition, those with targets first, and a column for each contestant.

    ``!`` marks a missed target.
    """
    columns = list(dict.fromkeys((f.model, f.thinking) for f in figures))
    rows = list(dict.fromkeys((f.measure, f.condition) for f in figures))
    found = {(f.measure, f.condition, f.model, f.thinking): f for f in figures}
    heads = [f"{model} {'think' if thinking else 'no-think'}" for model, thinking in columns]
    lines = [["measure", "condition", "cases", "target", *heads]]
    measures = [*TARGETS, *dict.fromkeys(measure for measure, _ in rows)]
    for measure, condition in sorted(rows, key=lambda row: measures.index(row[0])):
        row = [found.get((measure, condition, *column)) for column in columns]
        cases = "/".join(dict.fromkeys(str(f.cases) for f in row if f))
        target = TARGETS.get(measure)
        lines.append([measure, condition, cases, f"{target:.2f}" if target else "", *map(_cell, row)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths) for line in lines)


def _cell(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "- !" if figure and figure.missed else "-  "
    return f"{figure.value:.3f} {'!' if figure.missed else ' '}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    words = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
    return "  ".join(words).rstrip()
