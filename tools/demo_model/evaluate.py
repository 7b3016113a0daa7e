"""Examines the demo model through ``glmv describe``: ``python -m tools.demo_model.evaluate``.

Pictures and films that training never drew, with and without thinking, greedily. Prints a table, writes JSON,
and exits with 1 if a model (a reference apart) misses a target.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tools.demo_model.asking import Contestant, Glmv, Question
from tools.demo_model.cases import Case, box_cases, film_cases, scene_cases
from tools.demo_model.grading import Reply, grade_thinking, iou
from tools.demo_model.report import Figure, Tally, as_json, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="as for glmv; repeat it to compare (default: demo)")
    parser.add_argument("--kernel", action="append", help="as GLMV_KERNEL; repeat it to compare with the first")
    parser.add_argument("--reference", type=Path, help="a plain Hugging Face directory, run by transformers")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--films", type=int, default=100)
    parser.add_argument("--boxes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/demo_model.json"))
    parser.add_argument("--log", type=Path, help="write every question and reply there, as JSON lines")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="glmv processes at a time")
    args = parser.parse_args()

    contestants: list[Contestant] = [
        Glmv(model, args.jobs, kernel) for model in args.model or ["demo"] for kernel in args.kernel or [None]
    ]
    models = {c.name for c in contestants}
    if args.reference:
        from tools.demo_model.reference import Reference

        contestants.append(Reference(args.reference))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        cases = [
            *scene_cases(folder, args.seed, args.scenes),
            *box_cases(folder, args.seed, args.boxes),
            *film_cases(folder, args.seed, args.films),
        ]
        with open(args.log or os.devnull, "w", encoding="utf-8") as log:
            runs = [examine(c, cases, think, log) for c in contestants for think in (True, False)]
    figures = [figure for run in runs for figure in run.figures]
    print(table(figures))
    alike = [alikeness(run, first) for run in runs for first in runs[:2] if run.think == first.think and run != first]
    for line in alike:
        print("{model} says what {reference} says: {same_texts} of {texts}; {boxes} boxes: {mean_iou}".format(**line))
    drawn = {"seed": args.seed, "scenes": args.scenes, "films": args.films, "boxes": args.boxes}
    result = {"drawn": drawn, "figures": as_json(figures)} | ({"alike": alike} if alike else {})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    missed = [f for f in figures if f.model in models and f.missed]
    if missed:
        sys.exit(f"{len(missed)} targets missed, marked ! above")


@dataclass(frozen=True, slots=True)
class Run:
    """What a contestant said to all cases."""

    model: str
    think: bool
    replies: list[Reply]
    figures: list[Figure]


def alikeness(run: Run, reference: Run) -> dict[str, Any]:
    """How many replies are the same, thinking included, and how well boxes lie on each other where there are any."""
    pairs = list(zip(run.replies, reference.replies, strict=True))
    texts = [ours == theirs for ours, theirs in pairs if not theirs.boxes]
    boxes = [iou(ours.boxes[0], theirs.boxes[0]) if ours.boxes else 0.0 for ours, theirs in pairs if theirs.boxes]
    return {
        "model": run.model,
        "reference": reference.model,
        "thinking": run.think,
        "texts": len(texts),
        "same_texts": sum(texts),
        "boxes": len(boxes),
        "mean_iou": round(sum(boxes) / len(boxes), 4) if boxes else None,
    }


def examine(contestant: Contestant, cases: Sequence[Case], think: bool, log: TextIO) -> Run:
    """Asks every case and adds up the marks; each question and reply goes to ``log``."""
    started = time.monotonic()
    replies = contestant.ask([Question(case.path, case.prompt) for case in cases], think)
    tally = Tally(contestant.name, think)
    for case, reply in zip(cases, replies, strict=True):
        marks = case.grade(reply) | grade_thinking(think, reply)
        tally.add(case.condition, marks)
        entry = {"model": contestant.name, "file": case.path.name, "prompt": case.prompt, "marks": marks,
                 "answer": reply.answer, "thinking": reply.thinking, "error": reply.error}  # fmt: skip
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")
    who = f"{contestant.name} {'with' if think else 'without'} thinking"
    failed = sum(reply.error is not None for reply in replies)
    spent = time.monotonic() - started
    print(f"{who}: {len(cases)} answers ({failed} failed) in {spent:.0f} s", file=sys.stderr)
    return Run(contestant.name, think, replies, tally.figures())


if __name__ == "__main__":
    main()
