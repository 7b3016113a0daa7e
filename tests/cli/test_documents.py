"""Documents on the command line: one question each, page by page, and what is left out is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.fakes import Glmv
from tests.media.documents import claiming, encrypted, endless, page_objects, pdf_of, write_pdf

DEMO: dict[str, str] = {}
"""An environment in which nothing is configured."""


@pytest.fixture
def report(folder: Path) -> str:
    write_pdf(folder / "report.pdf", 10)
    return "report.pdf"


def test_the_pages_of_a_document_are_one_question(glmv: Glmv, report: str) -> None:
    ran = glmv("describe", f"{report}#2-4", "a.png", "--json")
    assert ran.sources == [tuple(f"report.pdf, page {number}" for number in (2, 3, 4)), ("a.png",)]
    assert ran.prompts == ["Describe these images.", "Describe this image."]
    assert [json.loads(line)["source"] for line in ran.stdout.splitlines()] == ["report.pdf#2-4", "a.png"]


def test_documents_and_pictures_go_together(glmv: Glmv, report: str) -> None:
    assert glmv("ask", "Well?", "-a", f"{report}#1", "-a", "a.png").sources == [("report.pdf, page 1", "a.png")]
    glmv.session.requests.clear()
    ran = glmv("describe", f"{report}#9-", "c.mp4", "--together")
    assert ran.sources == [("report.pdf, page 9", "report.pdf, page 10", "c.mp4")]
    assert ran.prompts == ["Describe these."]


def test_what_is_left_out_of_a_long_document_is_told(glmv: Glmv, report: str) -> None:
    environ = {"GLMV_MODEL": str(glmv.checkpoint), "GLMV_MAX_PAGES": "3"}
    ran = glmv("describe", report, environ=environ)
    assert len(ran.sources[0]) == 3
    assert "note: report.pdf has 10 pages, of which the first 3 are shown" in ran.stderr
    assert "of which" not in glmv("describe", f"{report}#1-", environ=environ).stderr


def test_a_directory_is_one_question_and_with_batch_one_for_each(glmv: Glmv, report: str) -> None:
    ran = glmv("describe", ".")
    assert ran.sources == [("./a.png", "./b.png")]
    assert "what is no picture in . is left out: c.mp4, d.mp4, empty.png, …" in ran.stderr
    glmv.session.requests.clear()
    ran = glmv("describe", "--batch", ".")
    assert [len(sources) for sources in ran.sources] == [1, 1, 1, 1, 10]
    assert ran.sources[-1][0] == "./report.pdf, page 1"


def test_a_document_without_a_byte_that_is_no_letter_is_still_none_to_read(glmv: Glmv, report: str) -> None:
    data = Path(report).read_bytes()
    assert data.isascii()
    assert glmv("ask", "Well?", stdin=data).sources == [tuple(f"standard input, page {n}" for n in range(1, 11))]
    ran = glmv("ask", "-", stdin=data)
    assert ran.status == 2


@pytest.mark.parametrize(
    ("argument", "status", "what"),
    [
        ("report.pdf#11", 65, "has 10 pages, and no page 11"),
        ("report.pdf#all", 2, "'all' says no pages of report.pdf"),
        ("none.pdf#1", 66, "none.pdf#1 does not exist"),
        ("a.png#1", 65, "a.png has no pages"),
        ("secret.pdf", 65, "is encrypted"),
        ("cut.pdf", 65, "is damaged"),
    ],
)
def test_errors_come_before_any_model(glmv: Glmv, report: str, argument: str, status: int, what: str) -> None:
    Path("secret.pdf").write_bytes(encrypted(pdf_of(page_objects([b""]))))
    Path("cut.pdf").write_bytes(Path(report).read_bytes()[:300])
    ran = glmv("describe", argument)
    assert (ran.status, ran.opened) == (status, [])
    assert what in ran.stderr
    assert "hint: " in ran.stderr


def test_boxes_are_for_one_page(glmv: Glmv, report: str) -> None:
    ran = glmv("ground", report, "the cup")
    assert ran.status == 65
    assert "name a page, as report.pdf#1" in ran.stderr
    assert glmv("ground", f"{report}#3", "the cup").sources == [("report.pdf, page 3",)]


def test_inspect_shows_page_after_page(glmv: Glmv, report: str, folder: Path) -> None:
    ran = glmv("inspect", f"{report}#9-", "-o", "sheets", "--json", environ=DEMO)
    facts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [fact["source"] for fact in facts] == ["report.pdf, page 9", "report.pdf, page 10"]
    assert [fact["sheet"] for fact in facts] == ["sheets/01-report-page-9.png", "sheets/02-report-page-10.png"]
    assert {tuple(fact["size"]) for fact in facts} == {(400, 300)}
    assert {tuple(fact["shown_as"]) for fact in facts} == {(168, 140)}
    assert ran.stderr == ""


def test_inspect_does_not_tell_of_each_page_that_cannot_be_used(glmv: Glmv, report: str) -> None:
    ran = glmv("inspect", report, "a.png", "--max-pixels", "9", environ=DEMO)
    assert ran.stderr.count("error: report.pdf, page") == 3
    assert "note: 7 more of report.pdf are left out, as 3 pages in a row cannot be used" in ran.stderr
    assert "error: a.png" in ran.stderr
    assert ran.status == 65


@pytest.mark.parametrize("command", ["describe", "inspect"])
def test_pages_that_are_only_claimed_are_one_error(glmv: Glmv, folder: Path, command: str) -> None:
    (folder / "claims.pdf").write_bytes(claiming(10**6))
    ran = glmv(command, "claims.pdf#1-", environ=DEMO)
    assert (ran.status, ran.opened) == (65, [])
    assert ran.stderr.count("error: ") == 1
    assert "says that it has a page 5, which is not there" in ran.stderr
    assert "claims.pdf#1-4" in ran.stderr


def test_a_page_may_take_as_long_as_the_setting_says(glmv: Glmv, folder: Path) -> None:
    (folder / "slow.pdf").write_bytes(endless())
    ran = glmv("inspect", "slow.pdf", environ={"GLMV_PAGE_SECONDS": "0.2"})
    assert ran.status == 65
    assert "error: slow.pdf, page 1 takes more than 0.2 s to draw" in ran.stderr
    glmv("describe", "a.png", environ={"GLMV_MODEL": str(glmv.checkpoint), "GLMV_PAGE_SECONDS": "7"})
    assert glmv.session.requests[-1].seeing.page_seconds == 7


def test_inspect_tells_what_will_not_fit(glmv: Glmv, report: str) -> None:
    ran = glmv("inspect", report, "a.png", "--context", "256", environ=DEMO)
    assert "report.pdf (10 pages) 300" in ran.stderr
    assert re.search(r"--max-image-tokens \d+ makes it fit", ran.stderr)
    assert "report.pdf#1-6 fits" in ran.stderr


def test_the_history_says_which_page_it_was(glmv: Glmv, report: str) -> None:
    glmv("describe", f"{report}#2-3")
    ran = glmv("history", "show", "--json")
    media = json.loads(ran.stdout.splitlines()[-1])["exchanges"][0]["media"]
    assert [(medium["name"], medium["page"]) for medium in media] == [
        ("report.pdf, page 2", 2),
        ("report.pdf, page 3", 3),
    ]
    assert media[0]["sha256"] == media[1]["sha256"] is not None
    glmv.stdout.truncate(0)
    assert "> [image: report.pdf, pages 2 to 3]\n" in glmv("history", "show").stdout
