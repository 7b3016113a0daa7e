"""What a user reads beside the answer: errors and notes, on stderr."""

from __future__ import annotations

from glmv_cli.errors import GlmvError
from glmv_cli.render.output import Output
from glmv_cli.render.sanitize import visible_line, visible_names


def write_error(output: Output, error: GlmvError) -> None:
    """``error: message`` and, if there is a hint, a blank line and ``hint: …``."""
    text = f"{output.styled('error:', '1;31')} {visible_names(error.message)}\n"
    if error.hint is not None:
        text += f"\nhint: {visible_names(error.hint)}\n"
    output.to_stderr(text)


def write_interrupted(output: Output, partial: bool) -> None:
    """On a terminal, that there will be no more; ``partial``: something of the answer is there."""
    if output.stdout_is_tty or output.stderr_is_tty:
        # The terminal has echoed a ^C, perhaps at the start of this very line.
        output.to_stderr("\r" if output.stderr_is_tty else "")
        write_note(output, "interrupted; the answer is not whole" if partial else "interrupted")


def write_note(output: Output, text: str) -> None:
    """``note: …`` on one line, if notes are wanted."""
    if output.quiet:
        return
    output.to_stderr(f"note: {visible_line(text)}\n")
