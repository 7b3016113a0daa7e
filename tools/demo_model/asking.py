"""Asks ``glmv`` itself: many files to a process, answers as JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from tools.demo_model.grading import Reply

MAX_TOKENS = 256
"""More than any answer takes with its thinking; ends those that go in circles."""
_FILES_A_PROCESS = 100


@dataclass(frozen=True, slots=True)
class Question:
    path: Path
    prompt: str


class Contestant(Protocol):
    """Whoever answers the questions of the evaluation."""

    @property
    def name(self) -> str: ...

    def ask(self, questions: Sequence[Question], think: bool) -> list[Reply]:
        """One reply for each question, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Glmv:
    """The command line, in processes of its own: ``jobs`` at a time, each with its share of the cores."""

    model: str
    jobs: int = 2
    kernel: str | None = None
    """For ``GLMV_KERNEL``; None: as it is set."""

    @property
    def name(self) -> str:
        return self.model if self.kernel is None else f"{self.model} {self.kernel}"

    def ask(self, questions: Sequence[Question], think: bool) -> list[Reply]:
        batches = list(_batches(questions))
        with ThreadPoolExecutor(self.jobs) as pool:
            replies = pool.map(lambda batch: self._ask([questions[i] for i in batch], think), batches)
            by_number = {
                number: reply
                for batch, answered in zip(batches, replies, strict=True)
                for number, reply in zip(batch, answered, strict=True)
            }
        return [by_number[number] for number in range(len(questions))]

    def _ask(self, questions: list[Question], think: bool) -> list[Reply]:
        """``questions`` share their prompt."""
        files = [str(q.path) for q in questions]
        command = [
            sys.executable, "-m", "glmv_cli", "describe", *files, "--json",
            "--prompt", questions[0].prompt, "--model", self.model, "--think" if think else "--no-think",
            "--temperature", "0", "--max-tokens", str(MAX_TOKENS), "--no-history",
        ]  # fmt: skip
        threads = max(1, (os.cpu_count() or 1) // self.jobs)
        chosen = {} if self.kernel is None else {"GLMV_KERNEL": self.kernel}
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env=os.environ | {"OMP_NUM_THREADS": str(threads)} | chosen,
        )
        replies = read_replies(run.stdout, files)
        if replies is None and len(files) == 1 and run.returncode and not run.stdout:
            replies = [Reply("", error=run.stderr.strip())]  # alone, a failed input leaves stdout empty
        if replies is None:
            raise RuntimeError(f"glmv ended with {run.returncode} and no answer for each file:\n{run.stderr}")
        return replies


def _batches(questions: Sequence[Question]) -> Iterator[list[int]]:
    """Numbers of questions that one process can answer."""
    by_prompt = sorted(range(len(questions)), key=lambda i: questions[i].prompt)
    for _, group in groupby(by_prompt, key=lambda i: questions[i].prompt):
        numbers = list(group)
        for start in range(0, len(numbers), _FILES_A_PROCESS):
            yield numbers[start : start + _FILES_A_PROCESS]


def read_replies(stdout: str, files: Sequence[str]) -> list[Reply] | None:
    """The replies in JSON lines, one for each of ``files`` in order; ``None`` if they are not that."""
    records = [json.loads(line) for line in stdout.splitlines()]
    by_source = {record.get("source"): _reply(record) for record in records}
    if len(records) != len(files) or set(by_source) != set(files):
        return None
    return [by_source[file] for file in files]  # what cannot be opened is told before the first answer


def _reply(record: dict[str, Any]) -> Reply:
    if "error" in record:
        return Reply("", error=record["error"]["message"])
    boxes = tuple((b["x1"], b["y1"], b["x2"], b["y2"]) for b in record["boxes"])
    return Reply(record["answer"], record["thinking"], boxes)
