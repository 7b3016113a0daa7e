"""What stands on standard input joins the question, or is left alone."""

from __future__ import annotations

import io
import json

import pytest

from tests.cli.fakes import MP4, PNG, Glmv, Keyboard
from tests.media.documents import page_objects, pdf_of

QUESTION = "What is this?"


def test_text_is_put_before_the_question(glmv: Glmv) -> None:
    assert glmv("ask", QUESTION, stdin=b"-old\n+new\n").prompts == [f"-old\n+new\n\n{QUESTION}"]


@pytest.mark.parametrize("media", [PNG, MP4])
def test_a_picture_or_film_is_attached(glmv: Glmv, media: bytes) -> None:
    ran = glmv("ask", QUESTION, stdin=media)
    assert (ran.prompts, ran.sources) == ([QUESTION], [("standard input",)])


@pytest.mark.parametrize("stdin", [b"", b"\n", b"  \n\n"])
def test_nothing_adds_nothing(glmv: Glmv, stdin: bytes) -> None:
    ran = glmv("ask", QUESTION, stdin=stdin)
    assert (ran.status, ran.prompts, ran.stderr) == (0, [QUESTION], "")


def test_a_keyboard_is_not_waited_for(glmv: Glmv) -> None:
    assert glmv("ask", QUESTION, stdin=Keyboard(b"typed ahead\n")).prompts == [QUESTION]


def test_beside_attachments_it_is_read_only_by_name(glmv: Glmv) -> None:
    assert glmv("ask", QUESTION, "-a", "a.png", stdin=b"b.png\n").prompts == [QUESTION]


def test_by_name_it_is_read_beside_attachments(glmv: Glmv) -> None:
    ran = glmv("ask", QUESTION, "-a", "a.png", "-a", "-", stdin=b"a table\n")
    assert (ran.prompts, ran.sources[-1]) == ([f"a table\n\n{QUESTION}"], ("a.png",))
    ran = glmv("ask", QUESTION, "-a", "-", "-a", "a.png", stdin=PNG)
    assert (ran.prompts[-1], ran.sources[-1]) == (QUESTION, ("standard input", "a.png"))


@pytest.mark.parametrize(
    "command", [("describe", "-#2-3"), ("describe", "--batch", "-#2-3"), ("ask", QUESTION, "-a", "-#2-3")]
)
def test_pages_of_a_document_there_can_be_named(glmv: Glmv, command: tuple[str, ...]) -> None:
    ran = glmv(*command, stdin=pdf_of(page_objects([b""] * 5)))
    assert (ran.status, ran.sources) == (0, [("standard input, page 2", "standard input, page 3")])


def test_the_other_commands_take_them_too(glmv: Glmv) -> None:
    document = pdf_of(page_objects([b""] * 5))
    assert glmv("ground", "-#4", "the cup", stdin=document).sources == [("standard input, page 4",)]
    ran = glmv("inspect", "-#2,5", "--json", stdin=document, environ={})
    assert [json.loads(line)["source"] for line in ran.stdout.splitlines()] == [
        "standard input, page 2",
        "standard input, page 5",
    ]
    ran = glmv("ground", "-", "the cup", stdin=document)
    assert "name a page, as -#1" in ran.stderr


def test_an_answer_says_which_pages_it_was_about(glmv: Glmv) -> None:
    ran = glmv("describe", "-#2-3", "--json", stdin=pdf_of(page_objects([b""] * 5)))
    assert json.loads(ran.stdout)["source"] == "standard input#2-3"


@pytest.mark.parametrize(
    ("command", "stdin", "status", "what"),
    [
        (("describe", "-#1", "-#5"), b"%PDF-", 2, "-#1,4-6 names several pages"),
        (("describe", "-#two"), b"%PDF-", 2, "'two' says no pages of standard input"),
        (("describe", "-#1"), PNG, 65, "standard input has no pages"),
        (("describe", "-#1"), Keyboard(), 2, "but that is the terminal"),
        (("ask", QUESTION, "-a", "-#1"), b"a table", 2, "standard input is text, and has no pages"),
        (("describe", "-x"), b"%PDF-", 2, "no such option: -x"),
    ],
)
def test_what_cannot_be_meant_is_explained(
    glmv: Glmv, command: tuple[str, ...], stdin: io.BytesIO | bytes, status: int, what: str
) -> None:
    ran = glmv(*command, stdin=stdin)
    assert (ran.status, ran.opened) == (status, [])
    assert what in ran.stderr


def test_what_is_named_must_be_there(glmv: Glmv) -> None:
    ran = glmv("ask", QUESTION, "-a", "-", stdin=b"")
    assert (ran.status, ran.opened) == (65, [])
    assert "standard input is empty" in ran.stderr


def test_text_that_begins_like_a_picture_is_text(glmv: Glmv) -> None:
    assert glmv("ask", QUESTION, stdin=b"BMW or GIF?").prompts == [f"BMW or GIF?\n\n{QUESTION}"]


def test_text_in_another_encoding_is_text(glmv: Glmv) -> None:
    assert glmv("ask", QUESTION, stdin=b"caf\xe9").prompts == [f"caf\ufffd\n\n{QUESTION}"]


def test_a_character_at_the_edge_of_what_is_looked_at(glmv: Glmv) -> None:
    text = "BM" + "é" * 600
    assert glmv("ask", QUESTION, stdin=text.encode()).prompts == [f"{text}\n\n{QUESTION}"]
    assert glmv("ask", QUESTION, stdin=f".{text}".encode()).prompts[-1] == f".{text}\n\n{QUESTION}"


def test_what_is_neither_is_refused_before_a_model_is_loaded(glmv: Glmv) -> None:
    ran = glmv("ask", QUESTION, stdin=b"\x7fELF\0\0\0")
    assert (ran.status, ran.opened) == (65, [])
    assert "neither text nor" in ran.stderr


def test_a_picture_is_no_question(glmv: Glmv) -> None:
    ran = glmv("ask", "-", stdin=PNG)
    assert (ran.status, ran.opened) == (2, [])
    assert "no question" in ran.stderr


def test_describe_reads_it_only_by_name(glmv: Glmv) -> None:
    stdin = Keyboard(b"b.png\n")
    assert glmv("describe", "a.png", stdin=stdin).status == 0
    assert stdin.read() == b"b.png\n"


def test_an_empty_name_is_told(glmv: Glmv) -> None:
    ran = glmv("describe", "")
    assert (ran.status, ran.opened) == (66, [])
    assert ran.stderr.startswith("error: the name of a picture or film is empty\n")
