from __future__ import annotations

import json

from tools.demo_model.report import Figure, Tally, as_json, table


def test_marks_add_up_by_condition() -> None:
    tally = Tally("demo", thinking=True)
    tally.add("clean", {"count": (1.0, 1)})
    tally.add("clean", {"count": (0.0, 1)})
    tally.add("jpeg", {"count": (1.0, 1)})

    assert tally.figures() == [
        Figure("demo", True, "clean", "count", 0.5, 2),
        Figure("demo", True, "jpeg", "count", 1.0, 1),
    ]


def test_a_target_is_met_on_its_very_value_and_missed_below_or_without_cases() -> None:
    assert not Figure("demo", True, "clean", "objects", 0.95, 20).missed
    assert Figure("demo", True, "clean", "objects", 0.949, 1000).missed
    assert Figure("demo", True, "clean", "objects", None, 0).missed
    assert not Figure("demo", True, "clean", "precision", 0.0, 20).missed


def test_nothing_to_earn_has_no_value() -> None:
    tally = Tally("demo", thinking=False)
    tally.add("clean", {"precision": (0.0, 0)})

    assert tally.figures()[0].value is None


def test_json_tells_target_and_verdict_only_where_there_is_a_target() -> None:
    records = as_json(
        [Figure("demo", True, "clean", "count", 0.95, 40), Figure("demo", True, "clean", "exact", 0.95, 40)]
    )

    assert json.loads(json.dumps(records)) == records
    assert records[0]["target"] == 0.97
    assert records[0]["met"] is False
    assert "met" not in records[1]


def test_the_table_sets_contestants_side_by_side_and_marks_misses() -> None:
    text = table(
        [
            Figure("demo", True, "clean", "exact", 0.5, 40),
            Figure("demo", True, "clean", "count", 0.98, 40),
            Figure("original", True, "clean", "count", 0.96, 40),
        ]
    )
    head, count, exact = text.splitlines()

    assert head.split() == ["measure", "condition", "cases", "target", "demo", "think", "original", "think"]
    assert count.split() == ["count", "clean", "40", "0.97", "0.980", "0.960", "!"]
    assert exact.split() == ["exact", "clean", "40", "0.500", "-"]
