from __future__ import annotations

import pytest

from glmv_cli.engine.schema import grammar_of
from glmv_cli.errors import UsageError


@pytest.mark.parametrize(
    "schema",
    [
        *("", "no JSON", "[]", "true", '{"type": "strng"}', '{"$ref": "#/none"}', '{"not": {}}'),
        *('{"type": "integer", "minimum": 2, "maximum": 1}', '{"type": "string", "pattern": "("}'),
    ],
)
def test_what_cannot_be_kept_is_refused(schema: str) -> None:
    with pytest.raises(UsageError) as caught:
        grammar_of(schema, "s.json")
    assert caught.value.message.startswith("s.json is no JSON schema")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("schema", ["{}", '{"type": "array", "items": {"enum": ["a", 1, null]}}'])
def test_a_schema_is_a_grammar(schema: str) -> None:
    assert grammar_of(schema)
