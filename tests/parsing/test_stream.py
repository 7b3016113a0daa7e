from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glmv_cli.events import AnswerDelta, ThinkingDelta
from glmv_cli.parsing.markup import Markup
from glmv_cli.parsing.stream import Delta, StreamParser

PLAIN = Markup()
TAGGED = Markup(answer_open="<answer>", answer_close="</answer>")

Run = tuple[str, bool]


@dataclass(frozen=True)
class Result:
    """What a reader sees: joined texts, and answer runs with neighbours of one kind merged."""

    thinking: str
    answer: str
    runs: tuple[Run, ...]


def merged(runs: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(
        (text, boxed)
        for boxed, group in groupby(runs, lambda run: run[1])
        if (text := "".join(run[0] for run in group))
    )


def result_of(deltas: Sequence[Delta]) -> Result:
    thinking = "".join(delta.text for delta in deltas if isinstance(delta, ThinkingDelta))
    runs = [(delta.text, delta.boxed) for delta in deltas if isinstance(delta, AnswerDelta)]
    return Result(thinking, "".join(text for text, _ in runs), merged(runs))


def parse(portions: Sequence[str], markup: Markup = PLAIN, start_in_thinking: bool = False) -> Result:
    parser = StreamParser(markup, start_in_thinking)
    deltas = [delta for portion in portions for delta in parser.feed(portion)]
    deltas += parser.flush()
    assert all(delta.text for delta in deltas), "an empty delta says nothing"
    return result_of(deltas)


def trimmed(characters: list[Run]) -> list[Run]:
    """Without the white space at both ends; ``characters`` are single ones."""
    solid = [index for index, (character, _) in enumerate(characters) if not character.isspace()]
    return characters[solid[0] : solid[-1] + 1] if solid else []


def reference(text: str, markup: Markup = PLAIN, start_in_thinking: bool = False) -> Result:
    """The same rules on the whole text at once, character by character."""
    pattern = "|".join(re.escape(marker) for marker in sorted(markup.markers(), key=len, reverse=True))
    thinking: list[Run] = []
    answer: list[Run] = []
    in_thinking, in_box, in_tag = start_in_thinking, False, False
    for token in re.findall(f"(?:{pattern})|.", text, re.DOTALL):
        fresh_answer = not trimmed(answer)
        fresh_thinking = not trimmed(thinking)
        if token == markup.think_open and not in_thinking and fresh_answer:
            in_thinking, in_box = True, False
        elif token == markup.think_open and in_thinking and fresh_thinking:
            pass
        elif token == markup.think_close and in_thinking:
            in_thinking = False
        elif token == markup.think_close and fresh_answer:
            pass
        elif token == markup.box_open:
            in_box = not in_thinking
        elif token == markup.box_close:
            in_box = False
        elif token == markup.answer_open and not in_thinking and fresh_answer:
            in_tag = True
        elif token == markup.answer_close and not in_thinking and in_tag:
            in_tag = False
        elif token in markup.dropped:
            pass
        elif in_thinking:
            thinking += [(character, False) for character in token]
        else:
            answer += [(character, in_box) for character in token]
    thinking, answer = trimmed(thinking), trimmed(answer)
    return Result(
        "".join(character for character, _ in thinking),
        "".join(character for character, _ in answer),
        merged(answer),
    )


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("\n<think>I see.\nTwo.</think>\nA cat.", "I see.\nTwo.", "A cat."),
        ("\nA cat.\n", "", "A cat."),
        ("<think>\n\n a  b \n</think>\n\n c\n\n d \n", "a  b", "c\n\n d"),
        ("<think></think>\nA cat.", "", "A cat."),
        ("<think>never closed\n", "never closed", ""),
        ("</think>\nA cat.", "", "A cat."),
        ("It ends with </think> there.", "", "It ends with </think> there."),
        ("Write <think> to think.", "", "Write <think> to think."),
        ("<think>a</think>Write <think>b</think>.", "a", "Write <think>b</think>."),
        ("<think><think>a <think> b</think>c", "a <think> b", "c"),
        ("<think>a\n</think>\n<think>b</think>\nc", "a\nb", "c"),
        ("<think>at <|begin_of_box|>[1]<|end_of_box|>.</think>c", "at [1].", "c"),
        ("A cat.<|endoftext|><|user|>", "", "A cat."),
        ("a < b <| c <thin", "", "a < b <| c <thin"),
        ("a<|begin_of_bo", "", "a<|begin_of_bo"),
        ("<answer>a</answer>", "", "<answer>a</answer>"),
        ("", "", ""),
        (" \n\t", "", ""),
    ],
)
def test_text_is_parted_into_thinking_and_answer(text: str, thinking: str, answer: str) -> None:
    whole = parse([text])
    assert (whole.thinking, whole.answer) == (thinking, answer)
    assert parse(list(text)) == whole


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("a</think>\nb", "a", "b"),
        ("\n<think>a</think>\nb", "a", "b"),
        ("a, never closed", "a, never closed", ""),
        ("say <think> here</think>b", "say <think> here", "b"),
    ],
)
def test_a_template_may_have_opened_the_thinking(text: str, thinking: str, answer: str) -> None:
    found = parse([text], start_in_thinking=True)
    assert (found.thinking, found.answer) == (thinking, answer)


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("<think>a</think><answer>b</answer>", "a", "b"),
        ("<think>a</think>\n<answer>\nb\n</answer>\n", "a", "b"),
        ("<answer>use <answer> tags</answer>", "", "use <answer> tags"),
        ("<answer>b</answer> and </answer>", "", "b and </answer>"),
        ("close it with </answer>", "", "close it with </answer>"),
        ("<think>in <answer>c</answer></think>b", "in <answer>c</answer>", "b"),
        ("<answer><think>a </answer> b</think>c</answer>", "a </answer> b", "c"),
        ("<answer>cut sh", "", "cut sh"),
    ],
)
def test_answer_tags_are_taken_off_where_the_family_has_them(text: str, thinking: str, answer: str) -> None:
    found = parse([text], TAGGED)
    assert (found.thinking, found.answer) == (thinking, answer)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("It is <|begin_of_box|>42<|end_of_box|>.", (("It is ", False), ("42", True), (".", False))),
        ("<|begin_of_box|>\n42\n<|end_of_box|>\n", (("42", True),)),
        ("a<|begin_of_box|> 42 <|end_of_box|> b", (("a", False), (" 42 ", True), (" b", False))),
        ("<|begin_of_box|>never closed", (("never closed", True),)),
        ("a<|end_of_box|>b", (("ab", False),)),
        ("<|begin_of_box|><think>t</think>b", (("b", False),)),
        ("<think><|begin_of_box|>t</think>b", (("b", False),)),
    ],
)
def test_boxed_text_says_so(text: str, runs: tuple[Run, ...]) -> None:
    assert parse([text]).runs == runs
    assert parse(list(text)).runs == runs


def test_text_is_passed_on_as_soon_as_it_is_certain() -> None:
    parser = StreamParser(PLAIN)
    assert parser.feed("\n<th") == []
    assert parser.feed("ink>\nSo") == [ThinkingDelta("So")]
    assert parser.feed(" it is \n") == [ThinkingDelta(" it is")]
    assert parser.feed("</think>") == []
    assert parser.feed("\nA cat") == [AnswerDelta("A cat")]
    assert parser.feed(" <") == []
    assert parser.feed("3") == [AnswerDelta(" "), AnswerDelta("<3")]
    assert parser.feed("<|begin_of_box|>x") == [AnswerDelta("x", boxed=True)]
    assert parser.flush() == []


def test_a_dropped_list_may_repeat_the_other_markers() -> None:
    markup = Markup(dropped=("<think>", "</think>", "<|begin_of_box|>", "<|user|>"))
    found = parse(["<think>a</think>b<|begin_of_box|>c<|end_of_box|><|user|>"], markup)
    assert found == Result("a", "bc", (("b", False), ("c", True)))


FRAGMENTS = st.one_of(
    st.sampled_from(TAGGED.markers()),
    # Markers cut anywhere: two of them may join to a whole one, or to nearly one.
    st.sampled_from(TAGGED.markers()).flatmap(lambda m: st.integers(1, len(m) - 1).map(lambda n: m[:n])),
    st.sampled_from(TAGGED.markers()).flatmap(lambda m: st.integers(1, len(m) - 1).map(lambda n: m[n:])),
    st.sampled_from([" ", "\n", "\t", "  \n", "\u3000"]),
    st.text(alphabet="ab<>/|é猫😀 \n", min_size=1, max_size=6),
)
TEXTS = st.lists(FRAGMENTS, max_size=12).map("".join)


@st.composite
def portioned(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text, and the same text cut at random places (equal cuts give empty portions)."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))
    edges = [0, *cuts, len(text)]
    return text, [text[a:b] for a, b in pairwise(edges)]


@settings(deadline=None)
@given(portioned(), st.sampled_from([PLAIN, TAGGED]), st.booleans())
@example(("a<|end_of_box|>b", list("a<|end_of_box|>b")), PLAIN, False)
def test_every_split_gives_what_the_whole_text_gives(
    case: tuple[str, list[str]], markup: Markup, start_in_thinking: bool
) -> None:
    text, portions = case
    assert "".join(portions) == text
    expected = reference(text, markup, start_in_thinking)
    assert parse([text], markup, start_in_thinking) == expected
    assert parse(portions, markup, start_in_thinking) == expected
    assert parse(list(text), markup, start_in_thinking) == expected


@settings(deadline=None)
@given(portioned(), st.booleans())
def test_text_without_markers_is_only_trimmed(case: tuple[str, list[str]], start_in_thinking: bool) -> None:
    """Independent of the reference: nothing of the visible text is lost or doubled."""
    portions = [portion.replace("<", "").replace(">", "").replace("|", "") for portion in case[1]]
    found = parse(portions, start_in_thinking=start_in_thinking)
    visible = "".join(portions).strip()
    assert (found.thinking, found.answer) == ((visible, "") if start_in_thinking else ("", visible))
