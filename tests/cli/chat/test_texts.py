from __future__ import annotations

import pytest

from glmv_cli.cli.chat.texts import parse_texts, written_texts


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("The end", ("The end",)),
        ('"The end" User:', ("The end", "User:")),
        ("'it is' \"it isn't\"", ("it is", "it isn't")),
        (r"\n\n", ("\n\n",)),
        (r'"\n" "a\\n" "\""', ("\n", r"a\n", '"')),
        ("don't", ("don't",)),
        ('""', ("",)),
    ],
)
def test_one_text_as_it_is_or_several_in_quotes(text: str, texts: tuple[str, ...]) -> None:
    assert parse_texts(text) == texts
    assert parse_texts(written_texts(texts)) == texts


@pytest.mark.parametrize("text", ['"open', "'open", '"a" "open', '"a" \'open'])
def test_a_quote_wants_its_end(text: str) -> None:
    with pytest.raises(ValueError, match="open"):
        parse_texts(text)
