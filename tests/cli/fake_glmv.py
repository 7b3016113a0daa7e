"""``glmv`` as a process of its own, with a model that answers slowly and without end.

Started by the tests with the directory of a checkpoint in ``GLMV_MODEL``; ``FAKE`` says what is slow.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.main import main
from glmv_cli.errors import ModelError
from glmv_cli.events import AnswerDelta, Event, Finished, Progress, SoFar, ThinkingDelta, Timings, Usage
from glmv_cli.messages import ChatRequest
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from tests.cli.fakes import FakeSession


class RecitingSession:
    """Thinks for a while, then answers with a file, some characters at a time.

    Three variables steer it: ``FAKE_TEXT`` is the file, ``FAKE_STEP`` how many characters come at a time,
    ``FAKE_PAUSE`` for how many seconds it waits after them.
    """

    context = 4096

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        text = Path(os.environ["FAKE_TEXT"]).read_text()
        step = int(os.environ.get("FAKE_STEP", "4"))
        thinking = "Let me see. " * 30 if request.think else ""
        for kind, whole in ((ThinkingDelta, thinking), (AnswerDelta, text)):
            for start in range(0, len(whole), step):
                yield kind(whole[start : start + step])
                time.sleep(float(os.environ.get("FAKE_PAUSE", "0.001")))
        yield Finished(thinking, text, (), "stop", Usage(9, 4, 0, 2, 3), Timings(0.1, 0.1, 0.1, 0.1, 0.1, 9.0))


class EndlessSession:
    """Counts, a line at a time."""

    context = 4096

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        yield AnswerDelta("counting")
        for number in range(1_000_000):
            yield AnswerDelta(f"\n{number}")
            yield SoFar(Usage(9, 4, 0, 0, 2 + number), Timings(0.1, 0.1, 0.1, 0.1, 0.1, 9.0))
            time.sleep(0.01)


class ReadingSession:
    """Encodes pictures or reads the prompt, and never comes to its end."""

    context = 4096

    def __init__(self, stage: Literal["encode", "prefill"]) -> None:
        self._stage = stage

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        for done in range(1_000_000):
            yield Progress(self._stage, done, 1_000_000)
            time.sleep(0.01)


def open_session(directory: Path, name: str, wishes: Wishes, threads: Threads) -> AnsweringSession:
    what = os.environ.get("FAKE", "quick")
    if what == "loading":
        print("loading", file=sys.stderr, flush=True)  # noqa: T201 - tells the test that it may interrupt
        time.sleep(60)
    if what == "reciting":
        return RecitingSession()
    if what == "failing":
        raise ModelError("the weights are damaged", "copy them again")
    if what == "encode":
        return ReadingSession("encode")
    if what == "prefill":
        return ReadingSession("prefill")
    return EndlessSession() if what == "endless" else FakeSession()


if __name__ == "__main__":
    sys.exit(main(replace(Environment.of_process(), open_session=open_session)))
