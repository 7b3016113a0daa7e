"""Each command, by what it changes for the questions that follow."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from glmv_cli.cli.chat.commands import COMMANDS, command_of
from glmv_cli.conversation import media_of, text_of
from glmv_cli.messages import SeeingOptions
from tests.cli.chat.test_loop import asked, shown
from tests.cli.fakes import Glmv, Ran
from tests.media.documents import write_pdf


def chat(glmv: Glmv, *lines: str) -> Ran:
    return glmv("chat", "--no-think", stdin="\n".join(lines).encode())


def told(ran: Ran) -> list[list[str]]:
    """All messages of each request."""
    return [[text_of(message) for message in request.messages] for request in ran.session.requests]


@pytest.mark.parametrize("line", ["hello", "/tmp/x.png", "/ 2", "what /help", "//help"])
def test_not_every_slash_is_a_command(line: str) -> None:
    assert command_of(line) in (None, ("", "2"))


def test_a_command_has_a_name_and_an_argument(folder: Path) -> None:
    assert command_of("/Set  temperature 0.2 ") == ("set", "temperature 0.2")


def test_help_names_every_command(glmv: Glmv) -> None:
    ran = chat(glmv, "/help")
    assert all(f"/{name}" in ran.stderr for name in COMMANDS)
    assert ran.stdout == ""


def test_undo_takes_the_last_exchange_back(glmv: Glmv) -> None:
    assert told(chat(glmv, "one", "/undo", "two"))[1] == ["two"]


def test_retry_asks_the_same_again_in_the_place_of_the_first_time(glmv: Glmv) -> None:
    ran = chat(glmv, "@a.png one", "/retry", "two")
    assert asked(ran) == ["one", "one", "two"]
    assert shown(ran) == [["a.png"], ["a.png"], []]
    assert len(told(ran)[2]) == 3


@pytest.mark.parametrize("command", ["/undo", "/retry"])
def test_without_a_question_there_is_nothing_to_take_back_or_repeat(glmv: Glmv, command: str) -> None:
    ran = chat(glmv, command)
    assert ran.status == 2
    assert "no question yet" in ran.stderr


def test_clear_begins_anew_but_for_the_system_prompt(glmv: Glmv) -> None:
    assert told(chat(glmv, "/system Be brief.", "one", "a.png", "/clear", "two")) == [
        ["Be brief.", "one"],
        ["Be brief.", "two"],
    ]


def test_the_system_prompt_can_be_taken_away(glmv: Glmv) -> None:
    assert told(chat(glmv, "/system Be brief.", "/system -", "one")) == [["one"]]


def test_media_that_wait_can_be_removed_by_number(glmv: Glmv) -> None:
    ran = chat(glmv, "/image a.png", "/image b.png", "/video c.mp4", "/remove 2", "/remove", "what?")
    assert shown(ran) == [["a.png"]]
    assert "removed [image 2: b.png]" in ran.stderr


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("/image c.mp4", "is a film"),
        ("/video a.png", "is a picture"),
        ("/image none.png", "does not exist"),
        ("/image", "wants the path"),
        ("/remove", "no picture or film waits"),
        ("/think maybe", "cannot be 'maybe'"),
        ("/set temperature hot", "temperature must be"),
        ("/set colour red", "cannot be set here"),
        ("/model none", "unknown model 'none'"),
        ("/load none.json", "cannot read none.json"),
        ("/load text.png", "is not a conversation"),
        ("/load deep.json", "is not a conversation"),
        ("/save text.png", "is not a conversation"),
        ("/save", "wants the name"),
        ("/export talk.pdf", "writes .md and .json"),
        ("/export a.png", "exists"),
        ("/edit", "wants a terminal"),
    ],
)
def test_a_command_that_makes_no_sense_says_why(glmv: Glmv, line: str, complaint: str) -> None:
    Path("deep.json").write_text("[" * 100_000)
    ran = chat(glmv, line)
    assert ran.status in (2, 65, 66, 69)
    assert complaint in ran.stderr


def test_set_and_think_count_from_the_next_question_on(glmv: Glmv) -> None:
    ran = chat(glmv, "one", "/set temperature 0.2", "/think on", "two", "/set temperature default", "three")
    assert [(r.sampling.temperature, r.think) for r in ran.session.requests] == [
        (None, False),
        (0.2, True),
        (None, True),
    ]


def test_set_changes_what_ends_an_answer_and_what_is_seen_of_a_picture(glmv: Glmv) -> None:
    ran = chat(glmv, '/set stop "The end" User:', "/set max_image_tokens 99", "one", "/set stop default", "two")
    assert [(r.sampling.stop, r.seeing.max_image_tokens) for r in ran.session.requests] == [
        (("The end", "User:"), 99),
        ((), 99),
    ]


def test_options_about_pictures_hold_in_a_chat(glmv: Glmv) -> None:
    ran = glmv("chat", "--max-image-tokens", "50", "--animated", "first", stdin=b"one\n")
    assert ran.session.requests[0].seeing == SeeingOptions(None, 50, "first")


def test_set_alone_lists_what_holds(glmv: Glmv) -> None:
    ran = chat(glmv, "/set top_k 7", "/set")
    assert "top_k               7" in ran.stderr


def test_thinking_shows_the_last_trace(glmv: Glmv) -> None:
    ran = chat(glmv, "/thinking", "/think on", "one", "/thinking", "/thinking full", "two")
    assert ran.stderr.splitlines() == ["no reasoning yet", "thinking is on", "Hm.", "show_thinking  full", "Hm."]


def test_a_conversation_is_saved_and_gone_on_with(glmv: Glmv) -> None:
    chat(glmv, "/system Be brief.", "@a.png one", "/save talk.json")
    ran = chat(glmv, "/load talk.json", "two")
    assert told(ran)[-1] == ["Be brief.", "one", "echo: Be brief.one", "two"]
    assert "loaded 1 question and its answer from talk.json\n" in ran.stderr
    saved = json.loads(Path("talk.json").read_text())
    (attachment,) = saved["exchanges"][0]["attachments"]
    assert Path(attachment["path"]).name == "a.png"
    assert len(attachment["sha256"]) == 64


def test_a_picture_that_has_changed_since_is_not_shown_again(glmv: Glmv) -> None:
    chat(glmv, "@a.png one", "/save talk.json")
    Path("a.png").write_bytes(Path("a.png").read_bytes() + b"!")
    ran = chat(glmv, "/load talk.json", "two")
    assert "has changed since" in ran.stderr
    assert not any(message.parts[0] for message in ran.session.requests[-1].messages if len(message.parts) > 1)


def test_pages_are_shown_again_unless_their_document_has_changed(glmv: Glmv, folder: Path) -> None:
    write_pdf(folder / "report.pdf", 3)
    chat(glmv, "@report.pdf#2-3 Well?", "/save talk.json")
    ran = chat(glmv, "/load talk.json", "And?")
    loaded = media_of(ran.session.requests[-1].messages[0])
    assert [(source.name, source.page) for source in loaded] == [("report.pdf, page 2", 2), ("report.pdf, page 3", 3)]
    write_pdf(folder / "report.pdf", 4)
    ran = chat(glmv, "/load talk.json")
    assert ran.stderr.count("report.pdf has changed since, so it is not shown again") == 1


def test_saving_again_replaces_the_file(glmv: Glmv) -> None:
    ran = chat(glmv, "one", "/save talk.json", "two", "/save talk.json")
    assert ran.status == 0
    assert len(json.loads(Path("talk.json").read_text())["exchanges"]) == 2


def test_a_picture_whose_name_is_no_text_does_not_stand_in_the_way(glmv: Glmv) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    Path("a.png").rename(name)
    ran = glmv("chat", name, "--no-think", stdin=b"one\n/save talk.json\n/export talk.md\n")
    assert (ran.status, ran.stdout) == (0, "echo: one\n")
    assert chat(glmv, "/load talk.json", "two").status == 0


def test_a_conversation_is_exported(glmv: Glmv) -> None:
    ran = chat(glmv, "one", "/export talk.md", "/export talk.json")
    assert ran.status == 0
    assert "## User\n\none\n" in Path("talk.md").read_text()
    assert json.loads(Path("talk.json").read_text())["model"] == "fake"


def test_another_model_goes_on_with_the_conversation(glmv: Glmv) -> None:
    other = Path("other")
    other.mkdir()
    (other / "config.json").write_text("{}")
    ran = chat(glmv, "one", "/model other", "two")
    assert ran.opened == ["fake", "other"]
    assert len(told(ran)[1]) == 3


def test_a_model_that_only_reads_does_not_get_a_conversation_with_pictures(glmv: Glmv) -> None:
    other = Path("other")
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "glm4_moe"}')
    ran = chat(glmv, "@a.png one", "/model other", "two")
    assert (ran.status, ran.opened) == (2, ["fake"])
    assert "reads text only" in ran.stderr


def test_stats_and_context_count(glmv: Glmv) -> None:
    ran = chat(glmv, "/stats", "one", "two", "/stats", "/context")
    assert "no answer yet" in ran.stderr
    rows = {line[:15].strip(): line[15:].split() for line in ran.stderr.splitlines()}
    assert rows["prompt tokens"] == ["9", "18"]
    assert rows["cached"] == ["0", "0"]
    assert "12 tokens are used of 4,096 (0%)" in ran.stderr


def test_exit_ends_it(glmv: Glmv) -> None:
    assert asked(chat(glmv, "one", "/exit", "two")) == ["one"]
