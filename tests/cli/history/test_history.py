from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmv_cli.errors import MediaError
from glmv_cli.store.config_file import read_config
from glmv_cli.store.history.reading import History
from tests.cli.fakes import FakeSession, Glmv, Keyboard, Ran


@pytest.fixture
def kept(glmv: Glmv) -> Glmv:
    """Three conversations: about two pictures each by itself, and a question."""
    glmv("describe", "a.png", "b.png")
    glmv("ask", "Where is the red circle?", "--no-think")
    glmv.stdout.truncate(0)
    glmv.stdout.seek(0)
    return glmv


def records(ran: Ran) -> list[dict[str, object]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_at_first_there_is_nothing(glmv: Glmv) -> None:
    ran = glmv("history")
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "note: there is nothing in the history\n")
    assert not glmv.home.exists()
    assert glmv("history", "show").status == 2
    assert glmv("history", "rm", "--all", "-y").status == 0


def test_conversations_are_listed_the_latest_first(kept: Glmv) -> None:
    ran = kept("history")
    head, *lines = ran.stdout.splitlines()
    assert head.split() == ["ID", "WHEN", "MODEL", "N", "QUESTION"]
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert lines[0].endswith("  fake   1  Where is the red circle?")
    assert lines[2].endswith("a.png: Describe this image.")
    assert ran.opened == []


def test_lines_are_as_wide_as_they_look(glmv: Glmv) -> None:
    glmv("ask", "猫" * 100, "--no-think")
    line = glmv("history").stdout.splitlines()[-1]
    assert line.endswith("猫" * 39 + "…")


def test_a_limit_is_told(kept: Glmv) -> None:
    ran = kept("history", "list", "-n", "2")
    assert len(ran.stdout.splitlines()) == 3
    assert ran.stderr == "note: the last 2 of 3; '-n 0' lists all\n"


def test_several_files_together_are_one_exchange(glmv: Glmv) -> None:
    glmv("describe", "a.png", "c.mp4", "--together")
    stored = History(glmv.home / "history.db").load(1)
    assert [medium.kind for medium in stored.exchanges[0].asked.media] == ["image", "video"]


def test_a_list_as_json_is_a_line_each(kept: Glmv) -> None:
    found = records(kept("history", "list", "--json"))
    assert [(one["id"], one["command"], one["media"]) for one in found] == [
        (3, "ask", []),
        (2, "describe", ["b.png"]),
        (1, "describe", ["a.png"]),
    ]


def test_showing_is_of_the_latest_unless_an_id_says_otherwise(kept: Glmv) -> None:
    assert kept("history", "show").stdout.endswith("> Where is the red circle?\n\necho: Where is the red circle?\n")
    kept.stdout.truncate(0)
    shown = kept("history", "show", "1").stdout
    assert "> Describe this image.\n> [image: a.png]\n" in shown
    assert "Hm." not in shown
    assert "thinking:\n| Hm.\n" in kept("history", "show", "1", "--thinking").stdout


def test_shown_as_json_there_is_everything(kept: Glmv, folder: Path) -> None:
    (found,) = records(kept("history", "show", "1", "--json"))
    exchanges = found["exchanges"]
    assert isinstance(exchanges, list)
    exchange = exchanges[0]
    assert exchange["answer"] == "echo: Describe this image."
    assert exchange["media"][0]["path"] == str(folder / "a.png")
    assert exchange["finish_reason"] == "stop"


def test_a_failed_answer_says_so(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MediaError("a.png is damaged")}, after=True)
    glmv("describe", "a.png")
    assert glmv("history", "show").stdout.endswith("echo:\n(failed: a.png is damaged)\n")


def test_what_a_model_says_cannot_steer_the_terminal(glmv: Glmv) -> None:
    glmv("ask", "a\x1b[2Jb", "--no-think")
    for arguments in (("list",), ("show",), ("search", "b"), ("export", "1")):
        assert "\x1b" not in glmv("history", *arguments).stdout


def test_search_shows_where_it_was_found(kept: Glmv) -> None:
    ran = kept("history", "search", "RED", "circle")
    assert ran.stdout.splitlines()[1].endswith("Where is the red circle?")
    assert len(ran.stdout.splitlines()) == 2
    kept.stdout.truncate(0)
    kept.stdout.seek(0)
    assert [one["conversation"] for one in records(kept("history", "search", "image", "--json"))] == [2, 1]


def test_nothing_found_is_a_status_of_1(kept: Glmv) -> None:
    ran = kept("history", "search", "triangle")
    assert (ran.status, ran.stdout, ran.stderr) == (1, "", "note: nothing was found\n")


def test_an_export_goes_to_a_new_file_only(kept: Glmv, folder: Path) -> None:
    assert kept("history", "export", "1", "-o", "x.json").status == 0
    assert json.loads((folder / "x.json").read_text())["exchanges"][0]["question"] == "Describe this image."
    before = (folder / "x.json").read_bytes()
    ran = kept("history", "export", "2", "-o", "x.json")
    assert (ran.status, ran.stderr.splitlines()[0]) == (2, "error: x.json exists")
    assert (folder / "x.json").read_bytes() == before


def test_an_export_is_markdown_unless_it_is_said_otherwise(kept: Glmv) -> None:
    assert kept("history", "export", "3").stdout.startswith("# Conversation with fake\n\n## User\n\nWhere is")
    kept.stdout.truncate(0)
    kept.stdout.seek(0)
    assert json.loads(kept("history", "export", "3", "--format", "json").stdout)["model"] == "fake"


def test_removing_must_be_confirmed(kept: Glmv) -> None:
    ran = kept("history", "rm", "1")
    assert (ran.status, "add --yes" in ran.stderr) == (2, True)
    ran = kept("history", "rm", "1", stdin=Keyboard(b"n\n"))
    assert (ran.status, ran.stderr) == (1, "remove conversation 1? [y/N] note: nothing was removed\n")
    ran = kept("history", "rm", "1", "2", stdin=Keyboard(b"y\n"))
    assert (ran.status, ran.stderr) == (0, "remove 2 conversations? [y/N] note: 2 conversations removed\n")
    assert kept("history", "rm", "--all", "-y").stderr == "note: 1 conversation removed\n"
    assert History(kept.home / "history.db").count() == 0


@pytest.mark.parametrize("arguments", [("rm",), ("rm", "1", "--all"), ("rm", "9", "-y"), ("show", "9"), ("show", "x")])
def test_what_makes_no_sense_is_a_mistake_of_the_command_line(kept: Glmv, arguments: tuple[str, ...]) -> None:
    assert kept("history", *arguments).status == 2
    assert History(kept.home / "history.db").count() == 3


def test_one_answer_or_all_can_do_without(glmv: Glmv) -> None:
    glmv("ask", "one", "--no-history")
    model = {"GLMV_MODEL": str(glmv.checkpoint)}
    glmv("ask", "two", environ={**model, "GLMV_HISTORY": "off"})
    assert not glmv.home.exists()
    assert glmv("history", "off").status == 0
    assert read_config(glmv.home / "config.toml") == {"history": False}
    glmv("ask", "three")
    assert not (glmv.home / "history.db").exists()
    assert glmv("history", "on").status == 0
    glmv("ask", "four")
    assert History(glmv.home / "history.db").count() == 1


def test_a_variable_that_says_otherwise_is_told(glmv: Glmv) -> None:
    assert "but GLMV_HISTORY is set to off" in glmv("history", "on", environ={"GLMV_HISTORY": "off"}).stderr


def test_without_a_place_for_it_the_answer_goes_on(glmv: Glmv) -> None:
    glmv.home.write_text("a file in the place of the directory")
    glmv.checkpoint.joinpath("config.json").write_text("{}")
    ran = glmv("describe", "a.png", "b.png")
    assert ran.status == 0
    assert ran.stdout.count("echo: Describe this image.") == 2
    assert ran.stderr.count("note: nothing of this is kept") == 1


def test_a_damaged_history_is_an_error_where_it_is_wanted(kept: Glmv) -> None:
    (kept.home / "history.db").write_bytes(b"no database" * 1000)
    ran = kept("history")
    assert (ran.status, ran.stdout) == (1, "")
    assert "is damaged" in ran.stderr
    assert "hint: move it away" in ran.stderr
    ran = kept("ask", "hi", "--no-think")
    assert (ran.status, ran.stdout) == (0, "echo: hi\n")
    assert ran.stderr.startswith("note: nothing of this is kept for 'glmv history'")
