"""What ``glmv show`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glmv_cli.render.json_text import json_text
from glmv_cli.render.sanitize import visible_line
from glmv_cli.render.table import aligned
from glmv_cli.units import format_bytes, format_count

_THINKING = {
    "optional": "yes, and --no-think turns it off",
    "always": "yes, always",
    "no": "no",
}


def show_text(name: str, facts: dict[str, Any]) -> str:
    """Lines for a person. ``facts`` are those of :func:`show_json`."""
    source = facts["source"]
    origin = "unknown: the checkpoint has no manifest"
    if source is not None:
        origin = source["name"] + (f" at {source['revision']}" if source["revision"] else "")
        origin += ", with searched scales" if source["search"] else ""
    head = [
        ("model", name),
        ("family", f"{facts['family']} ({facts['model_type']})"),
        ("directory", facts["directory"]),
        ("made from", origin),
        ("parameters", _millions(facts["parameters"])),
        ("size", f"{format_bytes(facts['bytes'])}, {facts['bits']:.2f} bits a weight"),
        ("context", "unknown" if facts["context"] is None else f"{format_count(facts['context'])} tokens"),
        ("thinking", _THINKING[facts["thinking"]]),
    ]
    rows = [("part", "parameters", "size", "bits a weight")]
    for part in facts["parts"]:
        rows.append((part["name"], _millions(part["parameters"]), format_bytes(part["bytes"]), f"{part['bits']:.2f}"))
    text = aligned([(key, visible_line(value)) for key, value in head])
    return text + "\n" + aligned(rows, frozenset({1, 2, 3})) + _verdict(facts.get("problems"), facts["tensors"])


def show_json(facts: dict[str, Any]) -> str:
    """One object."""
    return json_text(facts, "ascii", pretty=True)


def _verdict(problems: Sequence[str] | None, tensors: int) -> str:
    if problems is None:
        return ""
    if not problems:
        return f"\nverified: all {format_count(tensors)} tensors are as they were written\n"
    return "\n" + "".join(f"wrong: {visible_line(problem)}\n" for problem in problems)


def _millions(count: int) -> str:
    if count >= 10**9:
        return f"{count / 1e9:.1f} billion"
    return f"{count / 1e6:.1f} million" if count >= 10**6 else format_count(count)
