from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.render.terminal.document import Document
from glmv_cli.render.terminal.leaves import Reader
from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.typeset import Typesetter
from tests.render.terminal.markdowns import ANY_MARKDOWN, cut

LOOK = Look(styled=False, color=False)
READER, TYPESETTER = Reader(LOOK), Typesetter(LOOK)


def document() -> Document:
    return Document(READER, TYPESETTER)


@settings(deadline=None, max_examples=300)
@given(text=ANY_MARKDOWN, sizes=st.lists(st.integers(1, 12), min_size=1, max_size=8), width=st.integers(11, 80))
def test_what_is_final_stays_so(text: str, sizes: list[int], width: int) -> None:
    whole = document()
    whole.feed(text)
    grown = document()
    lines = []
    for piece in cut(text, sizes):
        grown.feed(piece)
        lines += grown.settle(width)
    assert lines + grown.finish(width) == whole.finish(width)


@settings(deadline=None)
@given(text=ANY_MARKDOWN, width=st.integers(30, 80))
def test_no_line_of_the_tail_is_too_wide(text: str, width: int) -> None:
    from rich.cells import cell_len

    grown = document()
    grown.feed(text.replace("> ", "").replace("    ", " "))
    grown.settle(width)
    assert all(cell_len(line) <= width for line in grown.tail(width))


def finals(*pieces: str) -> list[list[str]]:
    grown = document()
    lines = []
    for piece in pieces:
        grown.feed(piece)
        lines.append(grown.settle(80))
    return lines


def test_a_paragraph_is_final_after_an_empty_line() -> None:
    assert finals("a", "b\n", "c", "\n", "\n") == [[], [], [], [], ["ab", "c"]]


def test_a_heading_is_final_with_its_line() -> None:
    assert finals("# a", "\n", "b\n---\n") == [[], ["# a"], ["## b"]]


def test_items_are_final_one_by_one() -> None:
    assert finals("- a\n", "- b\n", "  - c\n", "\nd\n") == [
        [],
        ["• a"],
        ["• b"],
        ["  • c"],
    ]


def test_a_table_is_final_as_a_whole() -> None:
    first, second, third = finals("| a | b |\n|---|---|\n", "| 1 | 2 |\n", "\n")
    assert (first, second) == ([], [])
    assert [line.split() for line in third][::2] == [["a", "b"], ["1", "2"]]


def test_numbers_are_those_that_were_written() -> None:
    assert finals("7. a\n9. b\n\nc\n") == [["7. a", "9. b"]]


def test_an_item_without_text_is_an_item() -> None:
    assert finals("-\n- b\n\nc\n") == [["• ", "• b"]]
