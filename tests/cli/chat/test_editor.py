from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.cli.chat.editor import edit_text
from glmv_cli.errors import GlmvError


def test_visual_wins_over_editor_and_may_have_options(tmp_path: Path) -> None:
    script = tmp_path / "my editor"
    script.write_text('#!/bin/sh\necho " and $1" >> "$2"\n')
    script.chmod(0o700)
    assert edit_text("draft", {"VISUAL": f"'{script}' --wait", "EDITOR": "false"}) == "draft and --wait"


@pytest.mark.parametrize("editor", ["false", "no-such-editor-anywhere", "'"])
def test_an_editor_that_fails_is_named(editor: str) -> None:
    with pytest.raises(GlmvError, match="the editor"):
        edit_text("draft", {"EDITOR": editor})
