from __future__ import annotations

import pytest

from glmv_cli.errors import GlmvError
from glmv_cli.render.code_block import first_code_block


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Here:\n\n```python\nprint(1)\n\nprint(2)\n```\nThat is all.", "print(1)\n\nprint(2)\n"),
        ("~~~\na\n~~~\n\n```\nb\n```\n", "a\n"),
        ("1. first\n\n   ```sh\n   ls\n   ```\n", "ls\n"),
        ("````md\n```\ninner\n```\n````", "```\ninner\n```\n"),
        ("```\ncut off", "cut off\n"),
        ("```\n\x1b[2J\n```", "\\x1b[2J\n"),
    ],
)
def test_the_first_fenced_block_is_the_code(answer: str, code: str) -> None:
    assert first_code_block(answer) == code


def test_an_answer_without_code_is_an_error() -> None:
    with pytest.raises(GlmvError, match="no code block"):
        first_code_block("use `ls`")
