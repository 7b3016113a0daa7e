from __future__ import annotations

import pytest

from glmv_cli.parsing.markup import Markup


def test_the_default_markup_has_no_answer_tags() -> None:
    assert "<answer>" not in Markup().markers()


def test_all_markers_of_a_family_are_listed() -> None:
    markup = Markup(answer_open="<answer>", answer_close="</answer>", dropped=("<|user|>",))
    assert set(markup.markers()) == {
        "<think>",
        "</think>",
        "<|begin_of_box|>",
        "<|end_of_box|>",
        "<answer>",
        "</answer>",
        "<|user|>",
    }


def test_an_empty_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Markup(dropped=("<|user|>", ""))


def test_half_a_pair_of_answer_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="together"):
        Markup(answer_open="<answer>")
