from __future__ import annotations

import json

import pytest

from glmv_cli.render.json_text import json_text

TEXT = "é\x1b\x7f\x9b\u2028😀\n"


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", None])
def test_nothing_that_steers_a_terminal_is_left(encoding: str | None, pretty: bool) -> None:
    text = json_text({"name": TEXT}, encoding, pretty=pretty)
    assert json.loads(text) == {"name": TEXT}
    assert text.endswith("}\n")
    assert not set("\x1b\x7f\x9b\u2028") & set(text)
    assert text.isascii() == (encoding in ("ascii", "latin-1"))


def test_half_a_character_becomes_one() -> None:
    assert json.loads(json_text("caf\udce9", "ascii")) == "caf\ufffd"
