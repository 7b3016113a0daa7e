"""One process that damages and reads; :mod:`tools.fuzz.watch` starts it and looks after it.

    python -m tools.fuzz.worker CORPUS SCRATCH KEEP --seed N [--count N] [--target NAME]...

In ``SCRATCH`` lie ``input``, what is read right now, and ``state.json``, what came of the inputs so far.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import av
import psutil

from glmv_cli.errors import GlmvError, InputNotFoundError, MemoryShortageError
from tools.corpus.make import be_quiet
from tools.fuzz.findings import keep
from tools.fuzz.mutate import mutate
from tools.fuzz.seeds import read_seeds
from tools.fuzz.targets import TARGETS

INPUT, STATE = "input", "state.json"
GROWTH = 1 << 30
"""Bytes by which the worker's memory may grow: much more than any input here has a right to."""
_REPORT_S = 1.0
_MOST_SEEDS = 5000


@dataclass(slots=True)
class State:
    """What came of the inputs so far: by target, how often which outcome."""

    done: int = 0
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    """Where inputs were refused: a new place makes an input a seed of its own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("keep", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, help="of inputs; without it, until it is stopped")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="may be repeated; without it, all")
    args = parser.parse_args()
    prepare()
    run(read_seeds(args.corpus), args.scratch, args.keep, Random(args.seed), args.target or list(TARGETS), args.count)


def prepare() -> None:
    """What a process does before it reads anything: bounds its memory, and stays away from the network."""
    be_quiet()
    av.logging.set_level(None)
    socket.getaddrinfo = _refuse
    import_module("av.subtitles.codeccontext")  # which PyAV would import when a damaged film asks for it
    bound = psutil.Process().memory_info().vms + GROWTH
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refuse(*args: Any, **kwargs: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "no network for fuzzing")


def run(
    seeds: dict[str, list[bytes]], scratch: Path, findings: Path, draw: Random, names: list[str], count: int | None
) -> None:
    """Damage and read ``count`` inputs, or until who looks after it is gone."""
    state, reported = State(), 0.0
    weights = [TARGETS[name].weight for name in names]
    descriptor = os.open(scratch / INPUT, os.O_RDWR | os.O_CREAT)
    parent = os.getppid()
    while (count is None or state.done < count) and os.getppid() == parent:
        (name,) = draw.choices(names, weights)
        pool = seeds[draw.choice(TARGETS[name].seeds)]
        data = mutate(draw.choice(pool), pool, draw)
        _note(descriptor, name, data)
        outcome, place = attempt(name, data, findings)
        state.done += 1
        state.outcomes.setdefault(name, Counter())[outcome] += 1
        if place not in state.places and len(pool) < _MOST_SEEDS:
            state.places.add(place)
            pool.append(data)
        if time.monotonic() - reported > _REPORT_S:
            _report(scratch, state)
            reported = time.monotonic()
    _report(scratch, state)


def attempt(name: str, data: bytes, findings: Path) -> tuple[str, str]:
    """Read ``data`` by the target ``name``: what came of it, and where it was decided."""
    try:
        outcome = TARGETS[name].run(data)
    except MemoryShortageError as error:
        keep(findings, "memory", name, data, _text(error), _place(error))
        return "memory", _place(error)
    except InputNotFoundError as error:
        return "not found", _place(error)
    except GlmvError as error:
        if not error.hint:
            keep(findings, "words", name, data, _text(error), _place(error))
        return "refused", _place(error)
    except Exception as error:  # anything else is what is looked for
        keep(findings, "error", name, data, _text(error), _place(error))
        return "error", _place(error)
    return outcome, f"{name} {outcome}"


def _place(error: BaseException) -> str:
    """The innermost lines that the failure went through, from the first cause."""
    while error.__cause__ is not None:
        error = error.__cause__
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return f"{type(error).__name__} " + " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


def _text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _note(descriptor: int, name: str, data: bytes) -> None:
    """What is read next, for the case that this process does not survive it."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, name.encode() + b"\n" + data, 0)


def _report(scratch: Path, state: State) -> None:
    text = json.dumps({"done": state.done, "outcomes": state.outcomes, "places": len(state.places)})
    (scratch / f"{STATE}.new").write_text(text)
    os.replace(scratch / f"{STATE}.new", scratch / STATE)


if __name__ == "__main__":
    main()
