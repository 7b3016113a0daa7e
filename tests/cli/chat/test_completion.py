from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from glmv_cli.cli.chat.completion import ChatCompleter
from glmv_cli.cli.chat.talk import Talk


def completed(text: str, home: Path) -> list[str]:
    """The whole lines that Tab may make of ``text``."""
    talk = cast(Talk, SimpleNamespace(environment=SimpleNamespace(environ={"GLMV_HOME": str(home)})))
    found = ChatCompleter(talk).get_completions(Document(text), CompleteEvent())
    return [text[: len(text) + completion.start_position] + completion.text for completion in found]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("/th", ["/think", "/thinking"]),
        ("/think ", ["/think on", "/think off"]),
        ("/image ", ["/image a.png", "/image b.png", "/image c.mp4", "/image d.mp4", "/image my dir/"]),
        ("/image my dir/", ["/image my dir/in it.png"]),
        ("/load te", ["/load text.png"]),
        ("/set top", ["/set top_k", "/set top_p"]),
        (
            "/set show_thinking ",
            [f"/set show_thinking {word}" for word in ("auto", "full", "collapsed", "none", "default")],
        ),
        ("/set think of", ["/set think off"]),
        ("/set temperature d", ["/set temperature default"]),
        ("/set none ", []),
        ("/model d", ["/model demo"]),
        ("what is @a", ["what is @a.png"]),
        ("what is @my", ["what is @my\\ dir/"]),
        ("what is @my\\ dir/i", ["what is @my\\ dir/in\\ it.png"]),
        ("me@a", []),
        ("a", []),
        ("/none x", []),
        ("/image none/", []),
    ],
)
def test_what_can_stand_at_the_cursor(folder: Path, text: str, lines: list[str]) -> None:
    (folder / "my dir").mkdir()
    (folder / "a.png").rename(folder / "my dir" / "in it.png")
    (folder / "a.png").write_bytes((folder / "b.png").read_bytes())
    assert completed(text, folder / "home") == lines
