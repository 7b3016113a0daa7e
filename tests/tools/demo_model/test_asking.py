from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.demo_model.asking import Glmv, Question, read_replies
from tools.demo_model.grading import Reply


def record(source: str, **other: Any) -> str:
    answered = {"source": source, "thinking": "", "answer": "Yes.", "boxes": []}
    return json.dumps(answered | other)


def test_one_line_becomes_one_reply() -> None:
    box = {"x1": 1, "y1": 2, "x2": 3, "y2": 4}
    line = record("a.png", thinking="I see.", boxes=[box])

    assert read_replies(line + "\n", ["a.png"]) == [Reply("Yes.", "I see.", ((1, 2, 3, 4),))]


def test_a_failed_file_is_an_error_beside_the_others() -> None:
    failed = json.dumps({"source": "b.png", "error": {"message": "no such file", "hint": None, "exit_code": 66}})
    replies = read_replies(f"{record('a.png')}\n{failed}\n", ["a.png", "b.png"])

    assert replies == [Reply("Yes."), Reply("", error="no such file")]


def test_replies_are_matched_by_source() -> None:
    replies = read_replies(f"{record('b.png', answer='B.')}\n{record('a.png', answer='A.')}\n", ["a.png", "b.png"])
    assert replies == [Reply("A."), Reply("B.")]


def test_missing_and_foreign_lines_are_no_replies() -> None:
    assert read_replies(record("a.png"), ["a.png", "b.png"]) is None
    assert read_replies(f"{record('a.png')}\n{record('c.png')}\n", ["a.png", "b.png"]) is None
    assert read_replies("", ["a.png"]) is None


class Echo(Glmv):
    """Answers without a process: with the question, and how many others came with it."""

    def _ask(self, questions: list[Question], think: bool) -> list[Reply]:
        assert len({q.prompt for q in questions}) == 1
        return [Reply(f"{q.path} {q.prompt}", boxes=((len(questions), 0, 0, 0),)) for q in questions]


def test_a_process_is_asked_one_prompt_and_replies_come_in_the_order_of_the_questions() -> None:
    questions = [Question(Path(f"{k}.png"), "What?" if k % 3 else "Where?") for k in range(400)]
    replies = Echo("demo", jobs=2).ask(questions, think=False)

    assert [reply.answer for reply in replies] == [f"{q.path} {q.prompt}" for q in questions]
    assert max(reply.boxes[0][0] for reply in replies) == 100
