from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmv_cli.render.terminal.answer import MarkdownAnswer
from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.pace import Pace
from tests.render.terminal.emulator import Terminal
from tests.render.terminal.markdowns import ANY_MARKDOWN, EVERYTHING, cut
from tests.render.terminal.streaming import answer_on, shown

WIDTHS = pytest.mark.parametrize("columns", [20, 80, 200])
SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=8)
LONG = "\n\n".join(
    f"Paragraph {number} has **some bold words** and goes on for a while, to its end{number}.\n\n"
    f"- item{number}a\n- item{number}b\n\n```python\ncode{number} = 1\nmore{number} = 2\n```"
    for number in range(12)
)


@WIDTHS
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("sizes", [[1], [3], [7, 1, 30], [100]])
def test_what_is_streamed_looks_as_if_it_had_come_at_once(columns: int, live: bool, sizes: list[int]) -> None:
    assert shown(EVERYTHING, columns, sizes, live=live).lines == shown(EVERYTHING, columns, [10_000]).lines


@settings(deadline=None)
@given(text=ANY_MARKDOWN, sizes=SIZES, columns=st.sampled_from([20, 80, 200]), live=st.booleans())
def test_so_does_any_text_in_any_pieces(text: str, sizes: list[int], columns: int, live: bool) -> None:
    assert shown(text, columns, sizes, live=live).lines == shown(text, columns, [10_000]).lines


def test_an_answer_at_80_columns() -> None:
    assert shown(EVERYTHING, 80, [4]).lines == [
        "A heading with emphasis",
        "",
        "Some bold text, code, a link (https://example.com/a) and <b>html</b> <x>. gone",
        "猫が好き é 🎉.",
        "Second line with $a_i * b_j$ and \\(x^2\\) for $5 and $10.",
        "",
        "1. one",
        "   • nested two",
        "   • nested three",
        "",
        "     a paragraph in it",
        "2. two",
        "   ```python",
        "   def f(x):",
        "       '''doc",
        "       string'''",
        "",
        "       return x + 1  # comment",
        "   ```",
        "10. ten",
        "",
        "│ quote",
        "│ │ deeper",
        "│",
        "│ • list in quote",
        "",
        "Name   Value   Much longer header here",
        "──────────────────────────────────────",
        "a          1          some text",
        "b         22            code",
        "",
        "────────────────────────────────────────",
        "",
        "```",
        "plain fence, one of whose lines is much too long for a narrow terminal, though n",
        "ot for a wide one",
        "```",
        "$$",
        "x = \\sum_{i} a_i",
        "$$",
        "",
        "    indented code",
        "",
        "• [ ] task",
        "",
        "Setext",
        "end ** of it",
    ]


@pytest.mark.parametrize("reflows", [True, False])
@pytest.mark.parametrize(("before", "after"), [((80, 24), (40, 24)), ((40, 24), (90, 12)), ((100, 40), (100, 8))])
def test_a_resize_in_mid_answer_leaves_everything_once(
    before: tuple[int, int], after: tuple[int, int], reflows: bool
) -> None:
    for moment in range(1, len(LONG), 97):
        terminal = Terminal(*before, reflows=reflows)
        answer = answer_on(terminal)
        answer.write(LONG[:moment])
        terminal.resize(*after)
        for piece in cut(LONG[moment:], [11]):
            answer.write(piece)
        answer.end()
        text = "\n".join(terminal.lines)
        words = [word for word in re.findall(r"[a-z]+\d+[ab]?", LONG) if reflows or not word.startswith("end")]
        assert [len(re.findall(rf"{word}(?!\d)", text)) for word in words] == [1] * len(words), (moment, text)


def test_many_resizes_in_a_row() -> None:
    terminal = Terminal(80, 24)
    answer = answer_on(terminal)
    for number, piece in enumerate(cut(LONG, [13])):
        answer.write(piece)
        terminal.resize(60 + number * 7 % 60, 20 + number % 9)
    answer.end()
    words = re.findall(r"item\d+[ab]", LONG)
    assert [word for line in terminal.lines for word in re.findall(r"item\d+[ab]", line)] == words


@WIDTHS
def test_the_cursor_waits_where_the_tail_begins_and_is_never_left_hidden(columns: int) -> None:
    terminal = Terminal(columns)
    answer = answer_on(terminal)
    answer.write("done\n\nnot done, " + "and so on " * 30)
    assert (terminal.cursor_hidden, terminal.cursor_at) == (False, (1, 0))
    answer.end()
    assert (terminal.cursor_hidden, terminal.cursor_at) == (False, (len(terminal.lines), 0))


def test_the_tail_is_never_higher_than_half_the_screen() -> None:
    terminal = Terminal(20, 10)
    answer = answer_on(terminal)
    for word in range(60):
        answer.write(f"word{word} ")
        assert len(terminal.lines) <= 5
    assert "word59" in terminal.lines[-1]
    answer.end()
    assert " ".join(terminal.lines).split() == [f"word{word}" for word in range(60)]


def test_a_frame_is_one_write_that_terminals_may_show_at_once() -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal)
    for piece in ("# A\n\nb", " c", "\n\nd"):
        answer.write(piece)
    assert len(terminal.writes) == 3
    assert all(write.startswith("\x1b[?2026h") and write.endswith("\x1b[?2026l") for write in terminal.writes)


def test_nothing_is_written_while_nothing_changes() -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal)
    answer.write("word")
    answer.write(" ")
    assert len(terminal.writes) == 1


def test_drawing_waits_for_its_turn_but_loses_nothing() -> None:
    terminal = Terminal(80)
    answer = MarkdownAnswer(terminal.write, terminal.size, Look(), pace=Pace(clock=lambda: 0.0, cpu=lambda: 0.0))
    for word in ("At once. ", "Later. ", "Later."):
        answer.write(word)
    assert terminal.lines == ["At once."]
    answer.end()
    assert terminal.lines == ["At once. Later. Later."]


def test_code_goes_out_line_by_line() -> None:
    terminal = Terminal(80, 10)
    answer = answer_on(terminal)
    answer.write("```python\n")
    for number in range(30):
        answer.write(f"line{number} = 1\nha")
        answer.write("lf")
        assert terminal.lines[-2:] == [f"line{number} = 1", "half"]
        assert terminal.cursor_at[0] == len(terminal.lines) - 1  # the tail is what is half there
        answer.write("\n")
    answer.end()
    assert len(terminal.lines) == 61


def test_blocks_are_printed_when_they_are_finished_without_moving_the_cursor() -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal, live=False)
    answer.write("# A\n\nnot **do")
    assert terminal.lines == ["A"]
    answer.write("ne**\n\n- list\n- of two\n")
    assert terminal.lines == ["A", "", "not done", "", "• list"]
    answer.end()
    assert terminal.lines[-1] == "• of two"
    assert set(re.findall(r"\x1b.*?[@-~]", re.sub(r"\x1b\[[\d;]*m", "", "".join(terminal.writes)))) == set()


@pytest.mark.parametrize("mark", ["**", "*", "__", "`", "~~"])
def test_marks_that_are_not_closed_yet_are_not_shown(mark: str) -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal)
    for char in f"A {mark}bold word":
        answer.write(char)
        assert not set(terminal.lines[0]) & set("*_`~")
    for char in f"{mark} again.":
        answer.write(char)
        assert not set(terminal.lines[0]) & set("*_`~")
    answer.end()
    assert terminal.lines == ["A bold word again."]


@pytest.mark.parametrize("line", ["-", "1.", "---", "#", "``", "| a | b", "| a | b |\n|--"])
def test_a_line_that_may_become_something_else_waits(line: str) -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal)
    answer.write("abc\n\n")
    for char in line:
        answer.write(char)
        assert terminal.lines == ["abc"]


def test_an_empty_answer_is_an_empty_line() -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal)
    answer.end()
    assert terminal.cursor_at == (1, 0)


def test_what_comes_on_the_same_screen_finds_a_line_of_its_own() -> None:
    terminal = Terminal(80)
    answer = answer_on(terminal)
    answer.write("one **two")
    answer.make_way()
    terminal.write("note\n")
    answer.write("three")
    answer.end()
    assert terminal.lines == ["one **two", "note", "three"]
