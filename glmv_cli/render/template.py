"""An answer in a form of the user's own: ``{source}: {answer}``."""

from __future__ import annotations

import difflib
import re
from dataclasses import asdict, fields
from string import Formatter

from glmv_cli.errors import UsageError
from glmv_cli.events import Box, Finished, Timings, Usage
from glmv_cli.render.sanitize import visible

_TEXTS = ("answer", "thinking", "source", "prompt", "model", "finish_reason", "boxes")
_COUNTS = tuple(field.name for field in fields(Usage))
_SECONDS = tuple(field.name for field in fields(Timings))
FIELDS = (*_TEXTS, *_COUNTS, *_SECONDS)
"""What may stand between braces."""
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


class Template:
    """Text with fields in braces, as Python's ``str.format`` has them, and ``\\n``, ``\\t``, ``\\0`` and ``\\\\``."""

    def __init__(self, text: str) -> None:
        """Raises :class:`UsageError` for a field that there is not, or a format that does not suit it."""
        self._text = re.sub(r"\\([nt0\\])", lambda match: _ESCAPES[match.group(1)], text)
        try:
            for _, name, how, _ in Formatter().parse(self._text):
                if name is not None and (name not in FIELDS or "{" in (how or "")):
                    raise _unknown(name)
            texts, counts, seconds = dict.fromkeys(_TEXTS, ""), dict.fromkeys(_COUNTS, 0), dict.fromkeys(_SECONDS, 0.0)
            self._text.format(**texts, **counts, **seconds)
        except ValueError as error:
            raise UsageError(f"--format '{text}': {str(error).lower()}", "a brace itself is written {{ or }}") from None

    def fill(self, model: str, prompt: str, source: str | None, finished: Finished) -> str:
        """The text for one answer, and a newline. Nothing of a model or a file's name can steer a terminal."""
        texts = {
            "answer": finished.answer,
            "thinking": finished.thinking,
            "source": source or "",
            "prompt": prompt,
            "model": model,
            "finish_reason": finished.finish_reason,
            "boxes": ", ".join(map(box_text, finished.boxes)),
        }
        shown = {name: visible(text) for name, text in texts.items()}
        return self._text.format(**shown, **asdict(finished.usage), **asdict(finished.timings)) + "\n"


def box_text(box: Box) -> str:
    """``x1 y1 x2 y2``."""
    return f"{box.x1} {box.y1} {box.x2} {box.y2}"


def _unknown(name: str) -> UsageError:
    near = difflib.get_close_matches(name, FIELDS, n=1)
    hint = f"did you mean {{{near[0]}}}? " if near else ""
    return UsageError(f"--format has no field {{{name}}}", f"{hint}the fields are {', '.join(FIELDS)}")
