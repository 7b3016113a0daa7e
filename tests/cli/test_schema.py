"""``--schema``: found and checked before a model is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.fakes import PNG, Glmv


def test_the_schema_reaches_the_model(glmv: Glmv, folder: Path) -> None:
    Path("s.json").write_text('{"type": "object"}')
    ran = glmv("ask", "hi", "--schema", "s.json")
    assert ran.status == 0
    assert ran.session.requests[0].sampling.schema == '{"type": "object"}'
    assert glmv("ask", "hi").session.requests[-1].sampling.schema is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"type": "strng"}', PNG])
def test_what_is_no_schema_is_refused_before_a_model_is_loaded(glmv: Glmv, folder: Path, content: bytes) -> None:
    Path("s.json").write_bytes(content)
    ran = glmv("ask", "hi", "--schema", "s.json")
    assert (ran.status, ran.stdout, ran.opened) == (2, "", [])
    assert ran.stderr.startswith("error: s.json is no JSON schema")


def test_a_schema_that_is_not_there(glmv: Glmv) -> None:
    ran = glmv("ask", "hi", "--schema", "none.json")
    assert (ran.status, ran.opened) == (66, [])
