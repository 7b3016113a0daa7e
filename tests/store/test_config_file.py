from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.store.config_file import read_config, write_setting

WRITTEN = """\
# mine
max_tokens = 99  # enough

model = "demo" # for now
"""


def test_a_file_that_is_missing_holds_nothing(tmp_path: Path) -> None:
    assert read_config(tmp_path / "none" / "config.toml") == {}
    assert read_config(None) == {}


def test_values_have_their_types(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('model = "m"\nthink = false\nmax_tokens = 7\ntemperature = 0.5\n')
    assert read_config(path) == {"model": "m", "think": False, "max_tokens": 7, "temperature": 0.5}


@pytest.mark.parametrize("content", [b"model = \n", b"model = 'a'\nmodel = 'b'\n", b"\xff\xfe"])
def test_what_is_not_toml_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    for attempt in (lambda: read_config(path), lambda: write_setting(path, "model", "m")):
        with pytest.raises(UsageError, match=r"config\.toml is not valid TOML"):
            attempt()
    assert path.read_bytes() == content


def test_a_directory_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_config(tmp_path)


def test_writing_keeps_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    path.chmod(0o600)
    write_setting(path, "model", "glm-4.5v")
    assert path.read_text() == WRITTEN.replace('"demo"', '"glm-4.5v"')
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_setting_can_be_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN)
    write_setting(path, "model", None)
    write_setting(path, "think", None)
    assert path.read_text() == WRITTEN.replace('model = "demo" # for now\n', "")


def test_writing_makes_the_file_and_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    write_setting(path, "model", 'odd "name"')
    assert read_config(path) == {"model": 'odd "name"'}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").write_text(WRITTEN)
    path = tmp_path / "config.toml"
    path.symlink_to("dotfiles")
    write_setting(path, "model", "m")
    assert path.is_symlink()
    assert read_config(tmp_path / "dotfiles")["model"] == "m"


def test_what_is_no_unicode_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no valid Unicode"):
        write_setting(tmp_path / "config.toml", "model", "caf\udce9")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GlmvError, match="cannot write"):
        write_setting(tmp_path / "file" / "config.toml", "model", "m")
