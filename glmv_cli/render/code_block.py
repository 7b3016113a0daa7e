"""The code in an answer, without the words around it."""

from __future__ import annotations

from glmv_cli.errors import GlmvError
from glmv_cli.render.sanitize import visible


def first_code_block(answer: str) -> str:
    """The content of the first fenced code block of ``answer``, a Markdown text, with a newline at its end.

    Raises :class:`GlmvError` if there is none.
    """
    from markdown_it import MarkdownIt

    for token in MarkdownIt("commonmark").parse(answer):
        if token.type == "fence":
            return visible(token.content if token.content.endswith("\n") else token.content + "\n")
    raise GlmvError("the answer has no code block", hint="without --extract, all of it is printed")
