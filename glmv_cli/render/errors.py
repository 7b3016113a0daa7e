"""What a user reads beside the answer: errors and notes, on stderr."""

from __future__ import annotations

from glmv_cli.errors import GlmvError
from glmv_cli.render.output import Output
from glmv_cli.render.sanitize import visible, visible_line


def write_error(output: Output, error: GlmvError) -> None:
    """``error: message`` and, if there is a hint, a blank line and ``hint: …``."""
    text = f"{output.styled('error:', '1;31')} {visible(error.message)}\n"
    if error.hint is not None:
        text += f"\nhint: {visible(error.hint)}\n"
    output.to_stderr(text)


def write_note(output: Output, text: str) -> None:
    """``note: …`` on one line."""
    output.to_stderr(f"note: {visible_line(text)}\n")
