"""A journal keeps whole lines, and nothing else."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.store.journal import Journal


def journal_of(path: Path, *entries: dict[str, int]) -> None:
    journal = Journal(path)
    journal.begin("work")
    for entry in entries:
        journal.add(entry)
    journal.close()


def read(path: Path) -> tuple[str | None, list[dict[str, int]]]:
    journal = Journal(path)
    journal.close()
    return journal.subject, journal.entries


def test_what_was_added_is_there_again(tmp_path: Path) -> None:
    journal_of(tmp_path / "j", {"a": 1}, {"b": 2})
    assert read(tmp_path / "j") == ("work", [{"a": 1}, {"b": 2}])


def test_a_new_journal_has_no_subject(tmp_path: Path) -> None:
    assert read(tmp_path / "j") == (None, [])


def test_beginning_anew_forgets(tmp_path: Path) -> None:
    journal_of(tmp_path / "j", {"a": 1})
    journal_of(tmp_path / "j", {"c": 3})
    assert read(tmp_path / "j") == ("work", [{"c": 3}])


def test_lines_go_on_after_a_damaged_end(tmp_path: Path) -> None:
    journal_of(tmp_path / "j", {"a": 1})
    with (tmp_path / "j").open("ab") as file:
        file.write(b'{"b":')
    journal = Journal(tmp_path / "j")
    journal.add({"c": 3})
    journal.close()
    assert read(tmp_path / "j") == ("work", [{"a": 1}, {"c": 3}])


@given(st.integers(0, 60))
def test_a_journal_cut_anywhere_is_a_shorter_journal(cut: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "j"
        entries = [{"a": 1}, {"b": 2}, {"c": 3}]
        journal_of(path, *entries)
        path.write_bytes(path.read_bytes()[:cut])
        subject, left = read(path)
        assert subject in (None, "work")
        assert left == entries[: len(left)]


def test_the_journal_of_another_version_is_none(tmp_path: Path) -> None:
    (tmp_path / "j").write_text('{"journal":99,"work":"work"}\n{"parts":[1]}\n')
    assert read(tmp_path / "j") == (None, [])
