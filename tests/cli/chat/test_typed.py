from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

from prompt_toolkit.history import History

from glmv_cli.cli.chat.typed import typed_before


def lines(history: History) -> list[str]:
    """The newest first."""

    async def read() -> list[str]:
        return [line async for line in history.load()]

    return asyncio.run(read())


def test_lines_are_there_in_the_next_chat_and_for_nobody_else(tmp_path: Path) -> None:
    typed_before(tmp_path / "home").append_string("one\ntwo")
    assert lines(typed_before(tmp_path / "home")) == ["one\ntwo"]
    assert stat.S_IMODE((tmp_path / "home" / "prompts").stat().st_mode) == 0o600


def test_a_line_that_cannot_be_written_is_known_in_this_chat(tmp_path: Path) -> None:
    history = typed_before(tmp_path)
    assert lines(history) == []
    os.unlink(tmp_path / "prompts")
    (tmp_path / "prompts").mkdir()
    history.append_string("one")
    assert history.get_strings() == ["one"]


def test_without_a_place_lines_are_known_in_this_chat(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory in (None, tmp_path / "file"):
        history = typed_before(directory)
        history.append_string("one")
        assert history.get_strings() == ["one"]
