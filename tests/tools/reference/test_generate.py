from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tools.reference.generate import check, write

ROOT = Path(__file__).parents[3]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("man", "completions", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_committed_files_are_current() -> None:
    assert check(ROOT) == []


@pytest.mark.parametrize("name", ["man/glmv.1", "completions/glmv.bash", "completions/_glmv", "docs/reference.md"])
def test_a_file_that_says_something_else_is_found_and_written_again(name: str, copied: Path) -> None:
    before = (copied / name).read_text()
    (copied / name).write_text(before.replace("describe", "decribe"))
    assert [name in fault for fault in check(copied)] == [True]
    write(copied)
    assert check(copied) == []


def test_what_is_missing_is_found_and_what_is_of_no_command(copied: Path) -> None:
    (copied / "completions/glmv.fish").unlink()
    (copied / "man/glmv-gone.1").write_text("")
    assert [fault.split(" is ")[1].split(":")[0] for fault in check(copied)] == ["not current", "of no command"]
    write(copied)
    assert check(copied) == []


def test_a_page_keeps_its_date_until_it_changes(copied: Path) -> None:
    page, other = copied / "man/glmv.1", copied / "man/glmv-ask.1"
    for path in (page, other):
        path.write_text(re.sub(r"^\.Dd .*", ".Dd May 4, 2001", path.read_text()))
    page.write_text(page.read_text().replace("describe", "decribe"))
    write(copied)
    assert "2001" not in page.read_text().splitlines()[0]
    assert other.read_text().startswith(".Dd May 4, 2001\n")
