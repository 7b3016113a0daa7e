from __future__ import annotations

from pathlib import Path

from glmv_cli.messages import MediaSource, in_runs

REPORT = MediaSource("report.pdf", path=Path("report.pdf"))
CAT = MediaSource("cat.png", path=Path("cat.png"))


def test_a_page_knows_its_document() -> None:
    page = REPORT.page_of(3)
    assert (page.name, page.page, page.path) == ("report.pdf, page 3", 3, REPORT.path)
    assert (page.document, page.whole) == ("report.pdf", REPORT)
    assert (CAT.document, CAT.whole) == ("cat.png", CAT)


def test_pages_that_follow_each_other_have_one_name() -> None:
    other = MediaSource("other.pdf", path=Path("other.pdf"))
    shown = [*map(REPORT.page_of, (1, 2, 3)), CAT, CAT, *map(REPORT.page_of, (4, 6, 7, 6)), other.page_of(7)]
    assert [name for _, name in in_runs(shown)] == [
        *("report.pdf, pages 1 to 3", "cat.png", "cat.png", "report.pdf, page 4"),
        *("report.pdf, pages 6 to 7", "report.pdf, page 6", "other.pdf, page 7"),
    ]
    assert in_runs([]) == []
