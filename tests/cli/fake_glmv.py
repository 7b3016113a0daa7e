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

from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.main import main
from glmv_cli.events import AnswerDelta, Event
from glmv_cli.messages import ChatRequest
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from tests.cli.fakes import FakeSession


class EndlessSession:
    """Counts, a line at a time."""

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        yield AnswerDelta("counting")
        for number in range(1_000_000):
            yield AnswerDelta(f"\n{number}")
            time.sleep(0.01)


def open_session(directory: Path, name: str, wishes: Wishes, threads: Threads) -> AnsweringSession:
    what = os.environ.get("FAKE", "quick")
    if what == "loading":
        print("loading", file=sys.stderr, flush=True)  # noqa: T201 - tells the test that it may interrupt
        time.sleep(60)
    return EndlessSession() if what == "endless" else FakeSession()


if __name__ == "__main__":
    sys.exit(main(replace(Environment.of_process(), open_session=open_session)))
