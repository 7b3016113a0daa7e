from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.reference.man import manual_pages
from tools.reference.tree import command_tree

MAN = Path(__file__).parents[3] / "man"
PAGES = sorted(MAN.glob("*.1"))
NOT_INSTALLED = "referenced manual not found"
"""What mandoc says about references to pages that stand beside the one it looks at."""


def said(command: list[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="no mandoc")
def test_mandoc_has_nothing_to_say() -> None:
    lines = said(["mandoc", "-T", "lint", *map(str, PAGES)])
    assert [line for line in lines if NOT_INSTALLED not in line] == []


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_groff_has_nothing_to_say(page: Path) -> None:
    assert said(["groff", "-ww", "-mdoc", "-T", "utf8", "-z", str(page)]) == []


def test_references_are_to_pages_that_exist() -> None:
    names = {page.stem for page in PAGES}
    for page in PAGES:
        references = set(re.findall(r"^\.Xr (\S+) 1", page.read_text(), re.MULTILINE))
        assert references <= names - {page.stem}
        assert references


def test_every_page_has_what_readers_look_for() -> None:
    for name, text in manual_pages(command_tree(), "May 4, 2026").items():
        titles = re.findall(r"^\.Sh (.+)$", text, re.MULTILINE)
        assert [title for title in titles if title not in ("COMMANDS", "ARGUMENTS", "IN A CHAT", "EXAMPLES")] == [
            *("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO")
        ], name


def test_a_page_says_what_the_help_says() -> None:
    page = manual_pages(command_tree(), "May 4, 2026")["glmv-describe.1"]
    for line in (
        ".Dd May 4, 2026",
        ".Nd say what is in pictures, films and documents",
        ".It Fl m , Fl \\-model Ar MODEL",
        ".It Fl \\-think , Fl \\-no\\-think",
        ".It Ev GLMV_MAX_TOKENS",
        'glmv describe film.mp4 \\-p "What moves, and where?"',
        ".Xr glmv 1 ,",
    ):
        assert f"\n{line}\n" in f"\n{page}"


def test_a_command_with_exit_codes_of_its_own_lists_those() -> None:
    page = manual_pages(command_tree(), "May 4, 2026")["glmv-doctor.1"]
    assert "glmv can answer; there may be warnings" in page
    assert "interrupted" not in page


def test_the_page_of_the_chat_has_its_commands() -> None:
    page = manual_pages(command_tree(), "May 4, 2026")["glmv-chat.1"]
    assert "\n.Sh IN A CHAT\n" in page
    assert "\n.It /set [NAME VALUE]\nchange a setting" in page
