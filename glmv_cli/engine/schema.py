"""From a JSON schema to a grammar. Imports nothing heavy, so that a schema can be checked before a model is loaded."""

from __future__ import annotations

from glmv_cli.errors import UsageError


def grammar_of(schema: str, name: str = "the schema") -> str:
    """The grammar of llguidance for all JSON texts that ``schema``, itself a JSON text, allows.

    Raises :class:`UsageError`, which calls it ``name``, for what is no schema, or has keywords that cannot be kept.
    """
    from llguidance import LLMatcher

    try:
        # White space is fixed: free, it would let a model write line after line of it.
        grammar = LLMatcher.grammar_from_json_schema(
            schema, overrides={"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
        )
    except ValueError as error:
        raise UsageError(f"{name} is no JSON schema: {_line(str(error))}", "it must be a JSON object") from error
    is_error, messages = LLMatcher.validate_grammar_with_warnings(grammar)
    if is_error:
        raise UsageError(
            f"{name} is no JSON schema that can be kept: {_line(messages[0])}", "correct it, or simplify it"
        )
    return grammar


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
