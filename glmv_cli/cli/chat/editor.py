"""Text, written in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping

from glmv_cli.errors import GlmvError

_USUAL = "vi"


def edit_text(text: str, environ: Mapping[str, str]) -> str:
    """What the editor of ``VISUAL`` or ``EDITOR`` leaves of ``text``, without newlines at its end.

    Raises :class:`GlmvError` if there is no such program, or it says that it failed.
    """
    command = environ.get("VISUAL") or environ.get("EDITOR") or _USUAL
    # Markdown: editors colour it, and people paste code.
    descriptor, path = tempfile.mkstemp(prefix="glmv-", suffix=".md")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            status = subprocess.run([*shlex.split(command), path], check=False).returncode
        except (OSError, ValueError) as error:
            raise GlmvError(f"cannot start the editor '{command}'", "name another in EDITOR") from error
        if status:
            raise GlmvError(f"the editor '{command}' failed", "what was written there is lost")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    finally:
        os.unlink(path)
