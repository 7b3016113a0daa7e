from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.cli.chat.prompt import is_vi


@pytest.mark.parametrize(
    ("keys", "inputrc", "vi"),
    [
        (None, "set editing-mode vi\n", True),
        (None, "$include /etc/inputrc\n  set  editing-mode  vi  \n", True),
        (None, "# set editing-mode vi\n", False),
        ("emacs", "set editing-mode vi\n", False),
        ("vi", "", True),
    ],
)
def test_keys_are_those_of_the_setting_or_of_readline(keys: str | None, inputrc: str, vi: bool, tmp_path: Path) -> None:
    (tmp_path / "inputrc").write_text(inputrc)
    assert is_vi(keys, {"INPUTRC": str(tmp_path / "inputrc")}) is vi


def test_without_an_inputrc_they_are_those_of_emacs(tmp_path: Path) -> None:
    assert not is_vi(None, {"INPUTRC": str(tmp_path / "none")})
