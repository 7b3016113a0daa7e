"""The history under processes that write at once, or are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from glmv_cli.store.history.reading import History
from glmv_cli.store.history.records import StoredExchange

ROOT = Path(__file__).parents[3]
_WRITE = """
import sys
from pathlib import Path
from glmv_cli.store.history.records import Asked, Outcome
from glmv_cli.store.history.writing import HistoryWriter

writer = HistoryWriter(Path(sys.argv[1]))
for number in range(40):
    exchange = writer.begin("ask", None, Asked("glm", True, f"{sys.argv[2]} {number}"))
    writer.update(exchange, "", "half")
    writer.finish(exchange, Outcome("", "whole", "stop"))
"""


def start(arguments: list[str], environ: Mapping[str, str] = os.environ) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(history: History, conversation: int, wanted: int) -> StoredExchange:
    """The only exchange of a conversation, once its answer has ``wanted`` characters."""
    for _ in range(600):
        found = history.latest()
        if found is not None and found.id == conversation and len(found.exchanges[0].answer) >= wanted:
            return found.exchanges[0]
        time.sleep(0.1)
    raise AssertionError("no answer was kept in a minute")


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    writers = [start(["-c", _WRITE, str(path), name]) for name in "abc"]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert (writer.returncode, errors) == (0, "")
    kept = [exchange for one in History(path).summaries() for exchange in History(path).load(one.id).exchanges]
    assert sorted(e.asked.question for e in kept) == sorted(
        f"{name} {number}" for name in "abc" for number in range(40)
    )
    assert {e.answer for e in kept} == {"whole"}


def test_a_process_that_is_killed_leaves_what_had_come(tmp_path: Path) -> None:
    checkpoint = tmp_path / "fake"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text("{}")
    environ = {**os.environ, "GLMV_HOME": str(tmp_path), "GLMV_MODEL": str(checkpoint)}
    first = start(["-m", "tests.cli.fake_glmv", "ask", "before"], environ)
    first.communicate(timeout=60)
    process = start(["-m", "tests.cli.fake_glmv", "ask", "count"], {**environ, "FAKE": "endless"})
    history = History(tmp_path / "history.db")
    try:
        seen = wait_for(history, 2, len("counting\n0"))
    finally:
        process.send_signal(signal.SIGKILL)
        output, _ = process.communicate(timeout=60)
    killed = history.load(2).exchanges[0]
    assert (killed.ending, killed.asked.question) == ("unfinished", "count")
    assert killed.answer.startswith(seen.answer)
    assert output.startswith(killed.answer)
    assert history.load(1).exchanges[0].ending == "stop"


def test_an_interrupted_process_says_so(tmp_path: Path) -> None:
    checkpoint = tmp_path / "fake"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text("{}")
    environ = {**os.environ, "GLMV_HOME": str(tmp_path), "GLMV_MODEL": str(checkpoint), "FAKE": "endless"}
    process = start(["-m", "tests.cli.fake_glmv", "ask", "count"], environ)
    history = History(tmp_path / "history.db")
    try:
        wait_for(history, 1, len("counting"))
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    kept = history.load(1).exchanges[0]
    assert (kept.ending, kept.answer) == ("interrupted", output.rstrip("\n"))
