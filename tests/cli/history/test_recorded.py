from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from glmv_cli.cli.history.keeper import Keeper
from glmv_cli.cli.history.recorded import recorded
from glmv_cli.conversation import user_message
from glmv_cli.errors import MemoryShortageError
from glmv_cli.events import AnswerDelta, Event, Finished, Notice, SoFar, ThinkingDelta, Timings, Usage
from glmv_cli.messages import ChatRequest, MediaSource
from glmv_cli.store.history.reading import History
from glmv_cli.store.history.records import StoredExchange

FINISHED = Finished("Hm.", "A cat.", (), "stop", Usage(9, 4, 0, 2, 3), Timings(1, 2, 3, 4, 5, 6))
WHOLE: list[Event] = [ThinkingDelta("Hm."), AnswerDelta("A "), AnswerDelta("cat."), FINISHED]
REQUEST = ChatRequest((user_message("What is it?"),))


def stream(events: list[Event], error: BaseException | None = None) -> Generator[Event, None, None]:
    yield from events
    if error is not None:
        raise error


def only(home: Path) -> StoredExchange:
    """The one exchange that is kept in ``home``."""
    return History(home / "history.db").load(1).exchanges[0]


def keeper(home: Path) -> Keeper:
    return Keeper({"GLMV_HOME": str(home)}, "ask")


def test_events_go_by_unchanged_and_are_kept(tmp_path: Path) -> None:
    assert list(recorded(stream(WHOLE), keeper(tmp_path), "glm", REQUEST)) == WHOLE
    kept = only(tmp_path)
    assert (kept.asked.model, kept.asked.question, kept.asked.think) == ("glm", "What is it?", True)
    assert (kept.thinking, kept.answer, kept.ending) == ("Hm.", "A cat.", "stop")
    assert kept.outcome is not None
    assert (kept.outcome.usage, kept.outcome.timings) == (FINISHED.usage, FINISHED.timings)


def test_the_question_is_kept_before_there_is_an_answer(tmp_path: Path) -> None:
    with closing(recorded(stream(WHOLE), keeper(tmp_path), "glm", REQUEST)) as events:
        next(events)
        assert (only(tmp_path).asked.question, only(tmp_path).ending) == ("What is it?", "unfinished")


def test_what_was_interrupted_costs_what_has_come(tmp_path: Path) -> None:
    cost = SoFar(Usage(9, 4, 0, 2, 1), Timings(0.1, 0.1, 0.1, 0.1, 0.1, 9.0))
    events = recorded(stream([*WHOLE[:2], cost]), keeper(tmp_path), "glm", REQUEST)
    assert [next(events) for _ in range(3)][-1] == cost
    events.close()
    outcome = only(tmp_path).outcome
    assert outcome is not None
    assert (outcome.ending, outcome.usage, outcome.timings) == ("interrupted", cost.usage, cost.timings)


def test_what_is_closed_is_interrupted(tmp_path: Path) -> None:
    inner = stream(WHOLE)
    events = recorded(inner, keeper(tmp_path), "glm", REQUEST)
    assert [next(events), next(events)] == WHOLE[:2]
    events.close()
    assert list(inner) == []  # closed: nothing more comes of it
    assert (only(tmp_path).thinking, only(tmp_path).answer, only(tmp_path).ending) == ("Hm.", "A ", "interrupted")


@pytest.mark.parametrize(
    ("error", "ending", "told"),
    [
        (KeyboardInterrupt(), "interrupted", None),
        (MemoryShortageError("not enough memory"), "failed", "not enough memory"),
        (ZeroDivisionError("by zero"), "failed", "ZeroDivisionError: by zero"),
    ],
)
def test_what_comes_before_an_error_is_kept(
    tmp_path: Path, error: BaseException, ending: str, told: str | None
) -> None:
    with pytest.raises(type(error)):
        list(recorded(stream(WHOLE[:2], error), keeper(tmp_path), "glm", REQUEST))
    kept = only(tmp_path)
    assert (kept.answer, kept.ending) == ("A ", ending)
    assert kept.outcome is not None
    assert kept.outcome.error == told


def unusable(home: Path) -> None:
    home.write_text("a file in the place of the directory")


def damaged(home: Path) -> None:
    home.mkdir()
    (home / "history.db").write_text("no database" * 1000)


@pytest.mark.parametrize("spoil", [unusable, damaged])
def test_a_history_that_cannot_be_written_is_told_once_and_the_answer_goes_on(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    spoil(home)
    kept = keeper(home)
    first, *rest = recorded(stream(WHOLE), kept, "glm", REQUEST)
    assert isinstance(first, Notice)
    assert first.text.startswith("nothing of this is kept for 'glmv history': ")
    assert rest == WHOLE
    assert list(recorded(stream(WHOLE), kept, "glm", REQUEST)) == WHOLE


def test_a_history_that_breaks_in_mid_answer_is_told(tmp_path: Path) -> None:
    events = recorded(stream(WHOLE), keeper(tmp_path), "glm", REQUEST)
    came = [next(events)]
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        connection.execute("DROP TABLE texts")
    came += events
    notices = [event for event in came if isinstance(event, Notice)]
    assert len(notices) == 1
    assert [event for event in came if not isinstance(event, Notice)] == WHOLE


def test_media_are_kept_by_place_size_and_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8))
    media = (MediaSource("a.png", Path("a.png")), MediaSource("standard input", data=b"\x89PNG\r\n\x1a\n"))
    list(recorded(stream(WHOLE), keeper(tmp_path), "glm", ChatRequest((user_message("?", media),))))
    file, piped = only(tmp_path).asked.media
    assert (file.name, file.path, file.kind, file.size) == ("a.png", tmp_path / "a.png", "image", 16)
    assert file.sha256 == hashlib.sha256(Path("a.png").read_bytes()).hexdigest()
    assert (piped.path, piped.size) == (None, 8)
