"""Decoded pixels → the patches that the vision tower takes, beside the processors of transformers.

    python -m benchmarks.preprocessing [--runs N] ['48 MP' ...]

Pictures of 1, 12 and 48 megapixels, from a decoded RGB picture of Pillow; films of 60 and 600 frames of 640 x 360, from
their bytes. Each in a process of its own, in turns; the fastest of some runs, and the most memory of the first beyond
what imports and the pixels take. ``bytes`` is what a prompt holds, ``numbers`` what the tower is given in float32. For
films, ``transformers`` is its arithmetic with torchvision's way of resizing, which is torch's. Takes 2 GB of memory.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from glmv_cli.media.resize import resize_picture
from glmv_cli.prompt.patches import normalised, patchify
from glmv_cli.prompt.pixels import target_size
from tests.prompt.library import FAMILIES, FILM_RULES, PICTURE_RULES

PICTURES = {"1 MP": (1000, 1000), "12 MP": (3000, 4000), "48 MP": (6000, 8000)}
FILMS = {"60 frames": 60, "600 frames": 600}
FRAME = (360, 640)
WAYS = ("glmv, bytes", "glmv, numbers", "transformers")
Work = Callable[[], object]
_PROCESS = Path("/proc/self")


def picture_ways(height: int, width: int) -> dict[str, Work]:
    picture = Image.new("RGB", (width, height))
    for top in range(0, height, 100):  # in strips, which leave no hole in memory that hides what is taken later
        strip = np.random.default_rng(top).integers(0, 256, (min(100, height - top), width, 3), np.uint8)
        picture.paste(Image.fromarray(strip), (0, top))

    def as_bytes() -> torch.Tensor:
        pixels = resize_picture(picture, *target_size(1, height, width, PICTURE_RULES))
        return patchify(pixels[None], PICTURE_RULES, (height, width))[0]

    levels = torch.from_numpy(PICTURE_RULES.levels())
    theirs = FAMILIES[0]
    return {
        WAYS[0]: as_bytes,
        WAYS[1]: lambda: normalised(as_bytes(), levels),
        WAYS[2]: lambda: theirs.picture_values(picture, PICTURE_RULES),
    }


def film_ways(count: int) -> dict[str, Work]:
    frames = np.random.default_rng(1).integers(0, 256, (count, *FRAME, 3), np.uint8)
    levels = torch.from_numpy(FILM_RULES.levels())
    theirs = FAMILIES[0]
    return {
        WAYS[0]: lambda: patchify(frames, FILM_RULES),
        WAYS[1]: lambda: normalised(patchify(frames, FILM_RULES)[0], levels),
        WAYS[2]: lambda: theirs.film_values(theirs.resized_film(frames, FILM_RULES), FILM_RULES),
    }


def measure(case: str, way: str, runs: int) -> dict[str, float]:
    """Milliseconds and MiB."""
    work = (picture_ways(*PICTURES[case]) if case in PICTURES else film_ways(FILMS[case]))[way]
    picture_ways(60, 60)[way]()  # imports
    gc.collect()
    before = most_memory(reset=True)
    work()
    peak = most_memory() - before
    return {"ms": min(milliseconds(work) for _ in range(runs)), "MiB": peak}


def milliseconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def most_memory(*, reset: bool = False) -> float:
    """The largest resident size of this process so far, in MiB; ``reset``: forget what was before. Linux only."""
    if reset:
        (_PROCESS / "clear_refs").write_text("5")
    status = (_PROCESS / "status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join([*PICTURES, *FILMS])}; all by default")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    cases = args.cases or [*PICTURES, *FILMS]
    if args.way:  # in a process of its own
        print(json.dumps(measure(cases[0], args.way, args.runs)))
        return
    for case in cases:
        found = {way: in_a_process(case, way, args.runs) for way in WAYS}
        theirs = found[WAYS[-1]]
        for way, one in found.items():
            print(
                f"{case:11} {way:14} {one['ms']:7.0f} ms {theirs['ms'] / one['ms']:5.1f} x as fast"
                f"   {one['MiB']:6.0f} MiB {one['MiB'] / theirs['MiB']:6.0%}",
                flush=True,
            )


def in_a_process(case: str, way: str, runs: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.preprocessing", case, "--way", way, "--runs", str(runs)]
    # What was freed has to leave the process, or it hides what is taken next.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    answer = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(answer)
    return found


if __name__ == "__main__":
    main()
