"""From an argument to everything that it stands for."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from PIL import Image

from glmv_cli.errors import InputNotFoundError, MediaError, UsageError
from glmv_cli.media.find import Found, find_media
from glmv_cli.media.limits import FindLimits
from glmv_cli.messages import MediaSource
from tests.cli.fakes import MP4, PNG
from tests.media.documents import claiming, write_pdf

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find(argument: str, stdin: bytes = b"", max_pages: int = 50) -> Found:
    return find_media(argument, io.BytesIO(stdin), FindLimits(max_pages))


def names(argument: str, stdin: bytes = b"", max_pages: int = 50) -> list[str]:
    return [source.name for source in find(argument, stdin, max_pages).sources]


def test_a_document_is_all_of_its_pages() -> None:
    write_pdf(Path("report.pdf"), 3)
    assert names("report.pdf") == ["report.pdf, page 1", "report.pdf, page 2", "report.pdf, page 3"]
    assert [source.page for source in find("report.pdf#3,1").sources] == [3, 1]
    assert {source.path for source in find("report.pdf").sources} == {Path("report.pdf")}
    assert {source.document for source in find("report.pdf").sources} == {"report.pdf"}


def test_a_document_may_come_from_anywhere() -> None:
    path = write_pdf(Path("report.pdf"), 2)
    data = path.read_bytes()
    address = f"data:application/pdf;base64,{base64.b64encode(data).decode()}"
    assert names("-", stdin=data) == ["standard input, page 1", "standard input, page 2"]
    assert [(s.page, s.data) for s in find(f"{address}#2").sources] == [(2, data)]
    assert [source.page for source in find(f"{path.absolute().as_uri()}#page=2").sources] == [2]


def test_what_has_no_pages_is_itself() -> None:
    Path("a.png").write_bytes(PNG)
    Image.new("L", (4, 4)).save("a.tif")
    assert find("a.png") == Found((MediaSource("a.png", path=Path("a.png")),))
    assert names("a.tif") == names("a.tif#1") == ["a.tif"]
    with pytest.raises(MediaError, match=r"^a\.png has no pages$"):
        find("a.png#1")
    with pytest.raises(MediaError, match=r"^a\.tif has 1 page, and no page 2$"):
        find("a.tif#2")
    with pytest.raises(UsageError):
        find("a.tif#b")


def test_a_long_document_is_cut_unless_its_pages_are_named() -> None:
    write_pdf(Path("report.pdf"), 30)
    found = find("report.pdf", max_pages=12)
    assert len(found.sources) == 12
    assert found.notice == (
        "report.pdf has 30 pages, of which the first 12 are shown: report.pdf#13-24 names the next ones, "
        "report.pdf#1- all; the setting max_pages changes how many it may be"
    )
    whole = find("report.pdf#1-", max_pages=12)
    assert (len(whole.sources), whole.notice) == (30, None)


@pytest.mark.parametrize(
    ("chosen", "missing", "there"),
    [
        ("", 5, "#1-4"),
        ("#1-", 5, "#1-4"),
        ("#4-9", 5, "#1-4"),
        ("#3,900000", 900_000, "#1-4"),
        ("#1000000", 10**6, "#1-4"),
    ],
)
def test_pages_that_are_only_claimed_are_told_once_and_cost_nothing(chosen: str, missing: int, there: str) -> None:
    Path("claims.pdf").write_bytes(claiming(10**6))
    find("claims.pdf#1")  # imports
    tracemalloc.start()
    with pytest.raises(
        MediaError, match=f"^claims.pdf says that it has a page {missing}, which is not there$"
    ) as caught:
        find(f"claims.pdf{chosen}")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (caught.value.hint or "").endswith(f"claims.pdf{there}")
    assert peak < 2**20


def test_pages_that_are_there_can_be_had_of_such_a_document() -> None:
    Path("claims.pdf").write_bytes(claiming(10**6))
    assert names("claims.pdf#2-4", max_pages=1) == [f"claims.pdf, page {number}" for number in (2, 3, 4)]
    assert len(find("claims.pdf", max_pages=4).sources) == 4
    Path("claims.pdf").write_bytes(claiming(9, there=1))
    with pytest.raises(MediaError) as caught:
        find("-#1-", stdin=claiming(9, there=1))
    assert (caught.value.hint or "").endswith("as -#1")


def test_pages_of_standard_input_are_named_alike() -> None:
    data = write_pdf(Path("report.pdf"), 30).read_bytes()
    assert [source.page for source in find("-#2-3,1", stdin=data).sources] == [2, 3, 1]
    assert names("-#30", stdin=data) == ["standard input, page 30"]
    notice = find("-", stdin=data, max_pages=12).notice or ""
    assert "standard input has 30 pages" in notice
    assert "-#13-24 names the next ones, -#1- all" in notice
    with pytest.raises(MediaError, match=r"^standard input has 30 pages, and no page 31$") as caught:
        find("-#31", stdin=data)
    assert caught.value.hint == "all of it is -#1-30"
    with pytest.raises(UsageError, match="'two' says no pages of standard input"):
        find("-#two", stdin=data)
    with pytest.raises(MediaError, match=r"^standard input has no pages$"):
        find("-#1", stdin=PNG)
    Path("-#1").write_bytes(PNG)
    assert names("-#1") == ["-#1"]


def test_a_directory_is_its_pictures_as_people_count() -> None:
    scans = Path("scans")
    (scans / "more").mkdir(parents=True)
    for name in ("page10.png", "page9.png", "Page1.png", "cover.png", ".hidden.png"):
        (scans / name).write_bytes(PNG)
    (scans / "film.mp4").write_bytes(MP4)
    (scans / "notes.txt").write_bytes(b"notes")
    os.mkfifo(scans / "pipe")
    pages = [Image.new("L", (4, 4), n) for n in range(2)]
    pages[0].save(scans / "both.tiff", save_all=True, append_images=pages[1:])
    assert names("scans/") == [
        *("scans/both.tiff, page 1", "scans/both.tiff, page 2", "scans/cover.png"),
        *("scans/Page1.png", "scans/page9.png", "scans/page10.png"),
    ]
    assert find("scans").notice == "what is no picture in scans is left out: film.mp4, more, notes.txt, …"
    assert names("scans#4-5") == ["scans/Page1.png", "scans/page9.png"]
    notice = find("scans", max_pages=2).notice
    assert notice is not None
    assert notice.startswith("scans has 6 pages, of which the first 2 are shown: scans#3-4 names the next ones")
    assert notice.endswith("left out: film.mp4, more, notes.txt, …")


def test_a_directory_without_pictures_is_told() -> None:
    Path("empty").mkdir()
    with pytest.raises(InputNotFoundError, match="empty is a directory without pictures") as caught:
        find("empty")
    assert "--batch" in (caught.value.hint or "")


def test_a_picture_does_not_cost_pdfium() -> None:
    Path("a.png").write_bytes(PNG)
    write_pdf(Path("a.pdf"))
    code = (
        "import io, sys; from glmv_cli.media.find import find_media; from glmv_cli.media.limits import FindLimits;"
        "find_media(sys.argv[1], io.BytesIO(), FindLimits());"
        "print(*sorted(sys.modules.keys() & {'PIL', 'av', 'pypdfium2', 'urllib.request'}))"
    )
    for name, imported in (("a.png", []), ("a.pdf", ["pypdfium2"])):
        command = [sys.executable, "-c", code, str(Path(name).absolute())]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.split() == imported
