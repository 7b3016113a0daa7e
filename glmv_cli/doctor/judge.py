"""Facts → findings: a pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from glmv_cli.doctor.facts import Facts, Software, Unknown
from glmv_cli.doctor.finding import Finding
from glmv_cli.doctor.rules_glmv import (
    judge_configuration,
    judge_encoding,
    judge_gpu_kernels,
    judge_history,
    judge_kernel,
    judge_models,
    judge_places,
    judge_software,
)
from glmv_cli.doctor.rules_machine import judge_graphics, judge_memory, judge_processing, judge_speeds, judge_torch

Rule = Callable[[Any, Facts], Iterator[Finding]]
"""Takes a section that is known, and all the rest."""

RULES: tuple[tuple[str, Rule], ...] = (
    ("torch", judge_torch),
    ("software", judge_software),
    ("configuration", judge_configuration),
    ("models", judge_models),
    ("kernel", judge_kernel),
    ("gpu_kernels", judge_gpu_kernels),
    ("processing", judge_processing),
    ("memory", judge_memory),
    ("speeds", judge_speeds),
    ("graphics", judge_graphics),
    ("places", judge_places),
    ("history", judge_history),
    ("encoding", judge_encoding),
)
_ORDER = ("error", "warning", "note")


def judge(facts: Facts) -> tuple[Finding, ...]:
    """What is wrong, the worst first."""
    found: list[Finding] = []
    for name, rule in RULES:
        section = getattr(facts, name)
        found += [_unknown(name, section, facts)] if isinstance(section, Unknown) else rule(section, facts)
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def _unknown(name: str, section: Unknown, facts: Facts) -> Finding:
    if name == "torch":
        pip = facts.software.pip if isinstance(facts.software, Software) else "pip"
        return Finding(
            "error", f"torch cannot be imported: {section.why}", f"'{pip} install --force-reinstall --no-deps torch'"
        )
    return Finding("warning", f"about {name} nothing could be found out: {section.why}", None)
