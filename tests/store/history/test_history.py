from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from glmv_cli.conversation import media_of, text_of
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.events import Box, Timings, Usage
from glmv_cli.messages import MediaPart, MediaSource
from glmv_cli.store.history.reading import History
from glmv_cli.store.history.records import Asked, Medium, Outcome
from glmv_cli.store.history.schema import MIGRATIONS
from glmv_cli.store.history.writing import HistoryWriter, write_digest

WHOLE = Outcome(
    "Hm.", "A red circle.", "stop", None, (Box(1, 2, 3, 4),), Usage(9, 4, 0, 2, 3), Timings(1, 2, 3, 4, 5, 6)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "history.db"


@pytest.fixture
def writer(path: Path) -> HistoryWriter:
    return HistoryWriter(path)


def asked(question: str, *media: Medium) -> Asked:
    return Asked("glm-4.5v", True, question, media)


def test_without_a_file_there_is_nothing(path: Path) -> None:
    history = History(path)
    assert (history.summaries(), history.latest(), history.search(["x"]), history.count()) == ([], None, [], 0)
    assert not path.exists()
    with pytest.raises(UsageError, match="no conversation 1"):
        history.load(1)
    assert History(None).summaries() == []


def test_an_exchange_comes_back_as_it_was(path: Path, writer: HistoryWriter) -> None:
    medium = Medium("cat.png", Path("/pictures/cat.png"), "image", 1000, "c0ffee")
    exchange = writer.begin("describe", "Be brief.", asked("What is it?", medium))
    writer.finish(exchange, WHOLE)
    stored = History(path).load(1)
    assert (stored.command, stored.system, stored.model) == ("describe", "Be brief.", "glm-4.5v")
    assert stored.exchanges[0].asked == asked("What is it?", medium)
    assert stored.exchanges[0].outcome == WHOLE
    conversation = stored.transcript.conversation
    assert conversation.system == "Be brief."
    assert text_of(conversation.exchanges[0].question) == "What is it?"
    assert conversation.exchanges[0].boxes == (Box(1, 2, 3, 4),)
    assert stored.digests == {media_of(conversation.exchanges[0].question)[0]: "c0ffee"}


def test_what_has_come_is_there_before_the_end(path: Path, writer: HistoryWriter) -> None:
    exchange = writer.begin("ask", None, asked("Why?"))
    assert History(path).load(1).exchanges[0].ending == "unfinished"
    writer.update(exchange, "Hm", "Beca")
    stored = History(path).load(1)
    assert (stored.exchanges[0].thinking, stored.exchanges[0].answer) == ("Hm", "Beca")
    assert stored.transcript.conversation.exchanges[0].finish_reason == "interrupted"


def test_what_failed_brought_nothing_or_was_taken_back_does_not_stand(path: Path, writer: HistoryWriter) -> None:
    first = writer.begin("chat", None, asked("one"))
    writer.finish(first, WHOLE)
    writer.finish(writer.begin("chat", None, asked("two"), 1), Outcome("", "half", "failed", "not enough memory"))
    writer.begin("chat", None, asked("three"), 1)
    fourth = writer.begin("chat", None, asked("four"), 1)
    writer.finish(fourth, WHOLE)
    assert writer.stand(1, "new", [first], [fourth], others=[first + 1, first + 2])
    stored = History(path).load(1)
    assert [exchange.asked.question for exchange in stored.exchanges] == ["one", "two", "three", "four"]
    assert [exchange.asked.question for exchange in stored.standing] == ["one"]
    assert stored.system == "new"
    assert stored.exchanges[1].outcome is not None
    assert stored.exchanges[1].outcome.error == "not enough memory"
    assert not writer.stand(1, None, [first, 99])


def test_a_conversation_may_begin_with_exchanges_from_elsewhere(path: Path, writer: HistoryWriter) -> None:
    earlier = [(asked("one"), WHOLE), (asked("two"), WHOLE)]
    before, exchange = writer.begin_with("chat", "Be brief.", earlier, asked("three"))
    assert (before, exchange, writer.conversation_of(exchange)) == ([1, 2], 3, 1)
    assert [e.asked.question for e in History(path).load(1).standing] == ["one", "two"]


def test_the_conversation_that_was_talked_in_last_comes_first(path: Path, writer: HistoryWriter) -> None:
    for question in ("one", "two", "three"):
        writer.begin("ask", None, asked(question))
    writer.begin("ask", None, asked("more"), 2)
    history = History(path)
    assert [(s.id, s.question, s.exchanges) for s in history.summaries()] == [
        (2, "two", 2),
        (3, "three", 1),
        (1, "one", 1),
    ]
    assert [summary.id for summary in history.summaries(1)] == [2]
    latest = history.latest()
    assert latest is not None
    assert latest.id == 2


@pytest.mark.parametrize(
    ("phrases", "found"),
    [
        (["circle"], [1]),
        (["CIRC"], [1]),
        (["red", "circle"], [1]),
        (["red circle"], [1]),
        (["circle red"], []),
        (["it"], [2, 1]),
        (["IT", "cat.png"], [1]),
        (["红色"], [2]),
        (["红色的圆"], [2]),
        (['"quoted" OR'], []),
        (["100%"], [2]),
        (["%"], [2]),
        (["_"], []),
        (["Hm."], []),
    ],
)
def test_search_finds_parts_of_words_in_every_language(
    path: Path, writer: HistoryWriter, phrases: list[str], found: list[int]
) -> None:
    writer.finish(writer.begin("ask", None, asked("What is it?", Medium("cat.png", None, "image", 1))), WHOLE)
    writer.finish(writer.begin("ask", None, asked("it: 100% 红色的圆")), Outcome("Hm.", "", "stop"))
    assert [exchange.id for exchange in History(path).search(phrases)] == found


@pytest.mark.parametrize("phrases", [[], [""], [" ", "\t"]])
def test_there_must_be_something_to_search_for(path: Path, writer: HistoryWriter, phrases: list[str]) -> None:
    writer.begin("ask", None, asked("Why?"))
    with pytest.raises(UsageError, match="nothing to search for"):
        History(path).search(phrases)


def test_a_name_of_two_lines_is_one_name(path: Path, writer: HistoryWriter) -> None:
    media = [Medium(name, None, "image", 1) for name in ("a\nb.png", "c.png")]
    writer.begin("ask", None, asked("What?", *media))
    assert History(path).summaries()[0].media == ("a\nb.png", "c.png")


def test_who_may_only_read_sees_what_is_written_just_now(
    path: Path, writer: HistoryWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.begin("ask", None, asked("Why?"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert History(path).count() == 1


def test_what_is_removed_is_gone_from_the_file_and_its_id_is_not_used_again(path: Path, writer: HistoryWriter) -> None:
    for question in ("Where is the treasure?", "What is it?"):
        exchange = writer.begin("ask", None, asked(question, Medium("map.png", None, "image", 1)))
        writer.update(exchange, "", f"{question} indeed")
    writer.close()
    History(path).remove([1])
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"treasure" not in everything
    assert b"What is it?" in everything
    assert History(path).search(["treasure"]) == []
    History(path).remove([2])
    writer = HistoryWriter(path)
    assert writer.conversation_of(writer.begin("ask", None, asked("new"))) == 3


def test_of_several_that_shall_be_removed_all_must_exist(path: Path, writer: HistoryWriter) -> None:
    writer.begin("ask", None, asked("Why?"))
    with pytest.raises(UsageError, match="no conversation 7"):
        History(path).remove([1, 7])
    assert History(path).count() == 1


def test_names_that_are_no_unicode_are_kept(path: Path, writer: HistoryWriter) -> None:
    name = "a\udcff.png"
    medium = Medium(name, Path("/pictures") / name, "image", 1)
    exchange = writer.begin("describe", None, asked("What\udcff?", medium))
    write_digest(path, exchange, medium, "c0ffee")
    kept = History(path).load(1).exchanges[0].asked.media[0]
    assert (kept.name, kept.path, kept.sha256) == ("a?.png", medium.path, "c0ffee")


def test_only_the_owner_may_read_it(path: Path, writer: HistoryWriter) -> None:
    writer.begin("ask", None, asked("Why?"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_file_of_a_newer_version_is_left_alone(path: Path, writer: HistoryWriter) -> None:
    writer.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(GlmvError, match="newer version"):
        HistoryWriter(path)
    with pytest.raises(GlmvError, match="newer version"):
        History(path).count()


def test_a_file_that_was_created_and_nothing_more_is_used(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    HistoryWriter(path).begin("ask", None, asked("Why?"))
    assert History(path).count() == 1


@pytest.mark.parametrize("content", [b"no database at all, but long enough" * 100, None])
def test_a_damaged_file_is_told_with_what_to_do(path: Path, writer: HistoryWriter, content: bytes | None) -> None:
    for number in range(200):
        writer.begin("ask", None, asked(f"Why {number}? " * 50))
    writer.close()
    if content is None:
        whole = path.read_bytes()
        content = whole[:4096] + b"\xff" * (len(whole) - 4096)
    path.write_bytes(content)
    with pytest.raises(GlmvError, match="is damaged") as caught:
        History(path).summaries()
    assert f"mv '{path}'" in str(caught.value.hint)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GlmvError, match="cannot write"):
        HistoryWriter(tmp_path / "file" / "history.db")


def test_what_may_only_be_read_is_read(path: Path, writer: HistoryWriter) -> None:
    writer.finish(writer.begin("ask", None, asked("Why?")), WHOLE)
    writer.close()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert History(path).load(1).exchanges[0].answer == "A red circle."
        assert [found.id for found in History(path).search(["red"])] == [1]
    finally:
        path.parent.chmod(0o700)


def test_a_file_of_the_first_version_gains_pages(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("INSERT INTO conversations VALUES (1, 'ask', NULL)")
        connection.execute(
            "INSERT INTO exchanges (id, conversation_id, began, model, think, question, names) "
            "VALUES (1, 1, 0, 'demo', 1, 'Why?', 'a.png')"
        )
        connection.execute("INSERT INTO media VALUES (1, 1, 'a.png', '/a.png', 'image', 9, NULL)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    page = Medium("b.pdf, page 2", Path("/b.pdf"), "image", 9, None, 2)
    HistoryWriter(path).begin("ask", None, asked("And?", page), 1)
    first, second = History(path).load(1).exchanges
    assert first.asked.media == (Medium("a.png", Path("/a.png"), "image", 9),)
    assert second.asked.media == (page,)
    assert second.exchange.question.parts[0] == MediaPart(MediaSource("b.pdf, page 2", Path("/b.pdf"), page=2))
