from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from glmv_cli.conversation import Conversation, Exchange, user_message
from glmv_cli.errors import UsageError
from glmv_cli.events import Box, Timings, Usage
from glmv_cli.messages import MediaSource
from glmv_cli.transcript import conversation_json, conversation_markdown, read_conversation

PICTURE = MediaSource("cat.png", path=Path("/pictures/cat.png"))
PASTED = MediaSource("clipboard", data=b"bytes of a picture")
USAGE = Usage(9, 4, 0, 2, 3, 1)
WHOLE = Exchange(
    user_message("What is it?", (PICTURE,)), "Hm.", "A cat.", "stop",
    (Box(1, 2, 3, 4),), USAGE, Timings(0.1, 0.2, 0.3, 0.4, 0.5, 9.0),
)  # fmt: skip
CUT = Exchange(user_message("Sure?"), "", "Yes, be", "interrupted")


def test_what_was_written_as_json_is_read_again() -> None:
    conversation = Conversation("Be brief.", (WHOLE, CUT))
    written = json.dumps(conversation_json(conversation, "demo", {PICTURE: "abc"}))
    transcript = read_conversation(json.loads(written), "talk.json")
    assert transcript.conversation == conversation
    assert transcript.model == "demo"
    assert [(a.name, a.path, a.sha256) for a in transcript.attachments] == [("cat.png", PICTURE.path, "abc")]


def test_pages_are_written_and_read_again() -> None:
    page = MediaSource("report.pdf", path=Path("/report.pdf")).page_of(3)
    conversation = Conversation(None, (Exchange(user_message("?", (page,)), "", "!", "stop"),))
    value = json.loads(json.dumps(conversation_json(conversation, "demo", {page: "abc"})))
    assert read_conversation(value, "talk.json").conversation == conversation
    value["exchanges"][0]["attachments"][0]["page"] = "3"
    with pytest.raises(UsageError):
        read_conversation(value, "talk.json")


def test_bytes_of_media_are_not_written() -> None:
    conversation = Conversation(None, (Exchange(user_message("?", (PASTED,)), "", "!", "stop"),))
    written = json.dumps(conversation_json(conversation, "demo", {PASTED: "abc"}))
    assert "bytes of" not in written
    (attachment,) = read_conversation(json.loads(written), "talk.json").attachments
    assert (attachment.path, attachment.sha256) == (None, "abc")


def with_exchange(**changed: object) -> object:
    """A conversation whose only exchange is not as it was written."""
    value = conversation_json(Conversation(None, (WHOLE,)), "demo", {})
    value["exchanges"][0] |= changed
    return value


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"glmv_conversation": 1, "system": None},
        {"glmv_conversation": 1, "system": None, "exchanges": [{"question": 3}]},
        {"glmv_conversation": 99},
        {"glmv_conversation": 1, "system": 5, "exchanges": []},
        {"glmv_conversation": 1, "system": None, "model": [], "exchanges": []},
        with_exchange(usage={**asdict(USAGE), "prompt_tokens": "9"}),
        with_exchange(timings={"load_s": 1}),
        with_exchange(boxes=[{"x1": "1", "y1": 2, "x2": 3, "y2": 4}]),
        with_exchange(attachments=[{"name": "a.png", "path": "/a.png", "sha256": 7}]),
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_file(value: object) -> None:
    with pytest.raises(UsageError, match=r"talk\.json"):
        read_conversation(value, "talk.json")


def test_markdown_names_both_sides_and_media_and_marks_what_is_not_whole() -> None:
    assert conversation_markdown(Conversation("Be brief.", (WHOLE, CUT)), "demo") == (
        "# Conversation with demo\n\n## System\n\nBe brief.\n\n"
        "## User\n\n- attached: `cat.png`\n\nWhat is it?\n\n"
        "## demo\n\n<details><summary>Thinking</summary>\n\nHm.\n\n</details>\n\nA cat.\n\n"
        "## User\n\nSure?\n\n## demo\n\nYes, be\n\n*(interrupted)*\n"
    )
