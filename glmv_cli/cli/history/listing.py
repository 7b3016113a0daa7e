"""What ``glmv history list`` and ``search`` print."""

from __future__ import annotations

import time
from collections.abc import Sequence

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.history.as_json import exchange_json, iso_time
from glmv_cli.render.cells import cells, first_cells
from glmv_cli.render.errors import write_note
from glmv_cli.render.json_text import json_text
from glmv_cli.render.output import Output
from glmv_cli.render.sanitize import visible_line, without_surrogates
from glmv_cli.render.table import aligned
from glmv_cli.store.history.reading import History
from glmv_cli.store.history.records import StoredExchange, Summary
from glmv_cli.store.paths import history_path

_WIDTH = 80
"""Columns of a line's text in a pipe; on a terminal, lines end at its edge."""
_BEFORE = 24
"""Characters of the line in front of what was found."""


def list_history(environment: Environment, limit: int, json: bool) -> int:
    """A line for each of the last ``limit`` conversations; 0: of all."""
    history = History(history_path(environment.environ))
    summaries = history.summaries(limit or None)
    if json:
        environment.output.to_stdout("".join(json_text(_summary_json(one), "ascii") for one in summaries))
        return 0
    rows = [
        (str(one.id), local_time(one.when), one.model, str(one.exchanges), first_words(one.question, one.media))
        for one in summaries
    ]
    if not rows:
        write_note(environment.output, "there is nothing in the history")
        return 0
    environment.output.to_stdout(_table(environment.output, [("ID", "WHEN", "MODEL", "N", "QUESTION"), *rows], {0, 3}))
    total = history.count()
    if total > len(rows):
        write_note(environment.output, f"the last {len(rows)} of {total}; '-n 0' lists all")
    return 0


def search_history(environment: Environment, phrases: Sequence[str], limit: int, json: bool) -> int:
    """A line for each exchange in which all of ``phrases`` stand. Returns 1 if there is none, like grep."""
    found = History(history_path(environment.environ)).search(phrases, limit or None)
    if json:
        environment.output.to_stdout("".join(json_text(exchange_json(one), "ascii") for one in found))
    elif found:
        rows = [
            (str(one.conversation_id), local_time(one.began), one.asked.model, _found_in(one, phrases)) for one in found
        ]
        environment.output.to_stdout(_table(environment.output, [("ID", "WHEN", "MODEL", "FOUND"), *rows], {0}))
    else:
        write_note(environment.output, "nothing was found")
    return 0 if found else 1


def local_time(seconds: float) -> str:
    """``2026-11-21 12:44``, where the user is."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def first_words(question: str, media: Sequence[str]) -> str:
    """A question in one line, after the names of what it is about."""
    return f"{', '.join(media)}: {question}" if media else question


def _summary_json(summary: Summary) -> dict[str, object]:
    return {
        "id": summary.id,
        "time": iso_time(summary.when),
        "command": summary.command,
        "model": summary.model,
        "exchanges": summary.exchanges,
        "question": summary.question,
        "media": list(summary.media),
    }


def _found_in(exchange: StoredExchange, phrases: Sequence[str]) -> str:
    """The line around the first phrase, wherever it stands first: in the question, the answer, or a name."""
    names = ", ".join(medium.name for medium in exchange.asked.media)
    for text in (exchange.asked.question, exchange.answer, names):
        line = " ".join(text.split())
        for phrase in phrases:
            position = line.lower().find(" ".join(phrase.split()).lower())
            if position >= 0:
                start = max(0, position - _BEFORE)
                return ("…" if start else "") + line[start:]
    return first_words(exchange.asked.question, ())


def _table(output: Output, rows: Sequence[tuple[str, ...]], right: set[int]) -> str:
    shown = [[visible_line(without_surrogates(cell)) for cell in row] for row in rows]
    indent = sum(max(map(cells, column)) + 2 for column in list(zip(*shown, strict=True))[:-1])
    width = max(20, output.stdout_size().columns - indent if output.stdout_is_tty else _WIDTH)
    for row in shown:
        if cells(row[-1]) > width:
            row[-1] = first_cells(row[-1], width - 1).rstrip() + "…"
    return aligned(shown, right=frozenset(right))
