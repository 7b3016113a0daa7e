"""Which pages of a document are meant: ``report.pdf#3-7``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.media.naming import STDIN, as_argument, display_name, is_address

_SPAN = re.compile(r"(?P<only>\d{1,9})|(?P<first>\d{1,9})?-(?P<last>\d{1,9})?", re.ASCII)
_FORMS = "write them as report.pdf#3, report.pdf#3-7, report.pdf#5- or report.pdf#1,4-6"


@dataclass(frozen=True, slots=True)
class PageChoice:
    """Some pages, from 1, in the order in which they were written; ``None`` as a last one: up to the end."""

    written: str
    spans: tuple[tuple[int, int | None], ...]

    def of(self, name: str, count: int) -> list[range]:
        """The pages of a document that has ``count``, span by span: they may be very many.

        Raises :class:`MediaError` if one of them is not there.
        """
        for first, last in self.spans:
            missing = next((page for page in (first, last) if page is not None and page > count), None)
            if missing is not None:
                pages = "1 page" if count == 1 else f"{count} pages"
                whole = as_argument(name) + ("#1" if count == 1 else f"#1-{count}")
                raise MediaError(f"{name} has {pages}, and no page {missing}", f"all of it is {whole}")
        return [range(first, (last or count) + 1) for first, last in self.spans]


def split_pages(argument: str) -> tuple[str, PageChoice | None]:
    """``report.pdf#3-7`` → ``report.pdf``, and its pages.

    A file whose very name is ``argument`` is meant by it. ``-#3-7`` are pages of standard input. In addresses, what
    follows ``#`` and is no choice of pages is left there. Raises :class:`UsageError` if it is none behind the name of a
    file, or behind ``-``.
    """
    whole, mark, written = argument.rpartition("#")
    if not mark or not whole or os.path.lexists(argument):
        return argument, None
    choice = parse_pages(written)
    if is_address(argument):
        return (argument, None) if choice is None else (whole, choice)
    if whole != STDIN and not os.path.exists(whole):
        return argument, None
    if choice is None:
        raise UsageError(f"{argument}: '{written}' says no pages of {display_name(whole)}", _FORMS)
    return whole, choice


def parse_pages(text: str) -> PageChoice | None:
    """``3``, ``3-7``, ``-3``, ``5-``, and several of them with commas; ``page=3`` as browsers write it.

    ``None`` for anything else, such as a span that runs backwards, or page 0.
    """
    spans = []
    for part in text.removeprefix("page=").split(","):
        match = _SPAN.fullmatch(part.strip())
        if match is None or match[0] == "-":
            return None
        first = int(match["only"] or match["first"] or 1)
        end = match["only"] or match["last"]
        last = None if end is None else int(end)
        if first < 1 or (last is not None and last < first):
            return None
        spans.append((first, last))
    return PageChoice(text, tuple(spans))
