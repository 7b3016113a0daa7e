"""The answers of a batch in a file: a line each, and what is there already is not asked again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from glmv_cli.cli.alone import lock, open_alone
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.render.sanitize import without_surrogates

_HEADS = ('{"model":', '{"source":')
"""What an answer begins with, and an error."""
_BYTES = "surrogateescape"


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """``stream`` appends to the file; ``answered`` is what it held: model, source and prompt of every answer."""

    stream: TextIO
    answered: frozenset[tuple[str, str, str]]

    def has(self, model: str, source: str | None, prompt: str) -> bool:
        """Whether this was answered in an earlier run."""
        return (model, without_surrogates(source or ""), without_surrogates(prompt)) in self.answered


@contextmanager
def open_results(name: str, inputs: Set[str]) -> Iterator[ResultsFile]:
    """Go on with the file ``name``, or begin it. Lines of ``inputs`` that failed, and one that a killed run left
    unfinished, are taken out first: one line an input.

    Raises :class:`UsageError` if there is something else in it, :class:`GlmvError` if it cannot be written, or another
    batch writes it just now.
    """
    path = Path(os.path.realpath(name))
    with ExitStack() as opened:
        try:
            # A line that a killed run left may end within a character: such bytes are read, and written, as they are.
            stream: TextIO = opened.enter_context(path.open("a+", encoding="utf-8", errors=_BYTES, newline=""))
            lock(stream, path, name)
            stream.seek(0)
            lines = stream.readlines()
            kept = list(_kept(lines, {without_surrogates(source) for source in inputs}, name))
            if kept != lines:
                rest = path.with_name(f"{path.name}.partial")
                stream = opened.enter_context(open_alone(rest, name, _BYTES))
                stream.writelines(kept)
                stream.flush()
                shutil.copymode(path, rest)
                os.replace(rest, path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GlmvError(f"{name} cannot be used for results: {reason}", "choose another file") from error
        records = (record for line in kept if "answer" in (record := json.loads(line)))
        keys = ((record["model"], record["source"], record["prompt"]) for record in records)
        yield ResultsFile(stream, frozenset(keys))


def _kept(lines: list[str], inputs: Set[str], name: str) -> Iterator[str]:
    for line in lines:
        record = _record(line)
        if record is None:
            if _is_torn(line):
                continue
            raise UsageError(f"{name} holds something else than the results of a batch", "choose another file for -o")
        if "answer" in record or record["source"] not in inputs:
            yield line if line.endswith("\n") else line + "\n"


def _is_torn(line: str) -> bool:
    """A run was killed while it wrote this line."""
    return not line.endswith("\n") and any(line.startswith(head[: len(line)]) for head in _HEADS)


def _record(line: str) -> dict[str, Any] | None:
    """The object in a line, if it is one of ours."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    known = {"source", "error"} if "error" in record else {"model", "source", "prompt", "answer"}
    return record if known <= record.keys() else None
