"""The plans of the released models for usual machines, as ``glmv plan`` prints them.

``python -m tests.placement.golden`` writes them to ``tests/data/plans`` again: look at what changed before committing.
"""

from __future__ import annotations

from pathlib import Path

from tests.cli.fakes import Glmv
from tests.placement.machines import CONFIGS, RELEASED

PLANS = Path(__file__).parent.parent / "data" / "plans"
MACHINES = (
    ("24GiB", "64GiB"),
    ("24GiB,24GiB", "64GiB"),
    ("80GiB", "128GiB"),
    ("141GiB", "128GiB"),
    ("16GiB", "32GiB"),
    ("none", "128GiB"),
    ("none", "24GiB"),
)


def printed(model: str) -> str:
    """Command lines and what they print, one after the other."""
    return "\n".join(_printed(model, gpus, memory) for gpus, memory in MACHINES)


def _printed(model: str, gpus: str, memory: str) -> str:
    arguments = ["--gpus", gpus, "--memory", memory]
    ran = Glmv(CONFIGS / "none")("plan", str(CONFIGS / f"{model}.json"), *arguments, environ={})
    return " ".join(["$ glmv plan", f"{model}.json", *arguments]) + "\n" + ran.stdout + ran.stderr


def main() -> None:
    PLANS.mkdir(exist_ok=True)
    for model in RELEASED:
        (PLANS / f"{model}.txt").write_text(printed(model), encoding="utf-8")


if __name__ == "__main__":
    main()
