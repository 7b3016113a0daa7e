"""``glmv doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from glmv_cli.cli.environment import environment_of

EPILOG = """
\b
Examples:
  glmv doctor
  glmv doctor --json

\b
Exit codes:
  0  glmv can answer; there may be warnings
  1  it cannot: there is a line that begins with "error:"
"""


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> int:
    """Say what this machine has for glmv, what is wrong, and what to do about it.

    Processor and kernel, memory and its speed, GPUs, versions, settings, directories, models. It takes some seconds:
    torch is imported, and memory and disk are measured.
    """
    from glmv_cli.doctor.collect import collect
    from glmv_cli.doctor.judge import judge
    from glmv_cli.render.doctor import doctor_json, doctor_text
    from glmv_cli.render.progress import ProgressLine

    environment = environment_of(context)
    line = ProgressLine(environment.output)
    try:
        facts = collect(environment.environ, environment.output.stdout.encoding or "utf-8", line.put)
    finally:
        line.clear()
    findings = judge(facts)
    environment.output.to_stdout((doctor_json if json else doctor_text)(facts, findings))
    return int(any(finding.severity == "error" for finding in findings))
