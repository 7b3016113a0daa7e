"""The options that say in which form answers are written, and where; each declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from glmv_cli.errors import UsageError


@dataclass(frozen=True, slots=True)
class Written:
    """How answers are written. At most one of ``json``, ``lines``, ``template`` and ``extract`` is asked for."""

    json: bool = False
    lines: bool = False
    """JSON, one object a line, whether there are several or not."""
    template: str | None = None
    extract: Literal["code"] | None = None
    file: str | None = None
    """None: standard output."""
    verbose: bool = False


def written_of(context: typer.Context) -> Written:
    """What a command's options say. Raises :class:`UsageError` for two forms at once."""
    given = context.params
    forms = [f"--{name}" for name in ("json", "jsonl", "format", "extract") if given.get(name)]
    if len(forms) > 1:
        raise UsageError(f"{forms[0]} and {forms[1]} are two forms of one answer", "leave one of them out")
    return Written(
        json=given.get("json", False),
        lines=given.get("jsonl", False),
        template=given.get("format"),
        extract=given.get("extract"),
        file=None if given.get("output") == "-" else given.get("output"),
        verbose=given.get("verbose", False),
    )


JsonLines = Annotated[bool, typer.Option("--jsonl", help="Print JSON, one object a line, for one answer too.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="TEMPLATE",
        help="Print each answer in this form, as '{source}: {answer}'; a wrong field lists them all.",
        show_default=False,
    ),
]
Extract = Annotated[
    Literal["code"] | None,
    typer.Option(
        "--extract", metavar="code", help="Print the first code block of the answer only.", show_default=False
    ),
]
OutputFile = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write to FILE, which is replaced when all is done; until then it is FILE.partial.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes and no progress; errors only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="After each answer, its tokens, rates and memory.")]
