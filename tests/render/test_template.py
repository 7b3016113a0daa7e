from __future__ import annotations

import pytest

from glmv_cli.errors import UsageError
from glmv_cli.events import Box, Finished, Timings, Usage
from glmv_cli.render.template import FIELDS, Template

FINISHED = Finished(
    "Hm.", "A cat.", (Box(1, 2, 3, 4), Box(5, 6, 7, 8)), "stop", Usage(9, 4, 0, 2, 3), Timings(1, 2, 3, 4, 5, 6.25)
)


def filled(text: str, source: str | None = "a.png", finished: Finished = FINISHED) -> str:
    return Template(text).fill("demo", "What?", source, finished)


def test_fields_are_filled_in() -> None:
    assert filled("{source}: {answer}") == "a.png: A cat.\n"
    assert filled("{model} {prompt} {thinking} {finish_reason} {boxes}") == "demo What? Hm. stop 1 2 3 4, 5 6 7 8\n"
    assert filled("{prompt_tokens:>4}|{decode_tokens_per_s:.1f}") == "   9|6.2\n"


def test_every_field_that_is_listed_can_be_filled() -> None:
    assert filled(",".join(f"{{{name}}}" for name in FIELDS)).count(",") == len(FIELDS)  # two boxes, one more comma


def test_a_question_about_nothing_has_an_empty_source() -> None:
    assert filled("<{source}>", source=None) == "<>\n"


def test_escapes_and_braces_are_written_out() -> None:
    assert filled(r"{source}\t{{x}}\\n\0") == "a.png\t{x}\\n\0\n"


def test_a_model_cannot_steer_the_terminal() -> None:
    assert filled("{answer}", finished=Finished("", "\x1b[2J", (), "stop", FINISHED.usage, FINISHED.timings)) == (
        "\\x1b[2J\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("{answers}", "{}", "{0}", "{answer.__class__}", "{boxes[0]}", "{answer:{source}}"),
        *("{answer", "}", "{load_s:x}", "{answer:.1f}"),
    ],
)
def test_what_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Template(text)


def test_a_near_miss_is_recognised() -> None:
    with pytest.raises(UsageError) as caught:
        Template("{anwser}")
    assert str(caught.value.hint).startswith("did you mean {answer}? the fields are answer, ")
