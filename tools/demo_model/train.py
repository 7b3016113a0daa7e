"""Trains the demo model from scratch: ``python -m tools.demo_model.train --out runs/demo``.

Three stages. *See*: the vision tower alone, told what lies under every token. *Talk*: the whole network on dialogues,
the tower more slowly and still told what it sees. *Refine*: dialogues alone, many of them about boxes, which are learnt
last. Interrupt it at will: the next call goes on from the last checkpoint. ``--refine DIR`` starts at the last stage,
with the weights of a checkpoint.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn

from tools.demo_model.batches import Batches, Mix, TextBatch
from tools.demo_model.config import model_config
from tools.demo_model.learner import Learner
from tools.demo_model.tokenizer import load_tokenizer

SEED = 20
RANKS = 2
"""Processes that share a step, one thread each: on small matrices that beats one process with many threads."""
STATE = "state.pt"
Learn = Callable[[Learner, tuple[TextBatch, ...], float], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Stage:
    """``rate`` is held after ``warmup`` steps and falls to zero over the last ``decay`` steps."""

    name: str
    mix: Mix
    steps: int
    rate: float
    tower_rate: float
    warmup: int
    decay: int
    dense: float
    """How much the loss of what the tower sees counts beside the words."""

    def factor(self, step: int) -> float:
        return min(1.0, (step + 1) / self.warmup, (self.steps - step) / self.decay)


SEE = Stage("see", Mix(stills=14, films=2), steps=1500, rate=2e-3, tower_rate=2e-3, warmup=100, decay=300, dense=1.0)
TALK = Stage("talk", Mix(stills=8, films=8), steps=4200, rate=2e-3, tower_rate=1e-3, warmup=200, decay=1500, dense=0.5)
REFINE = Stage(
    "refine",
    Mix(stills=12, films=4, boxes=0.5),
    steps=1200,
    rate=2e-3,
    tower_rate=3e-4,
    warmup=50,
    decay=900,
    dense=0.0,
)

ORDER = tuple(stage.name for stage in (SEE, TALK, REFINE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/demo"))
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--see-steps", type=int, default=SEE.steps)
    parser.add_argument("--talk-steps", type=int, default=TALK.steps)
    parser.add_argument("--refine-steps", type=int, default=REFINE.steps)
    parser.add_argument("--refine", type=Path, metavar="DIR", help="a 16-bit checkpoint to start the last stage from")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    stages = (
        replace(SEE, steps=args.see_steps),
        replace(TALK, steps=args.talk_steps),
        replace(REFINE, steps=args.refine_steps),
    )
    if args.refine and not (args.out / STATE).exists():
        learner = Learner(model_config(load_tokenizer()), SEED, TALK.rate, TALK.tower_rate)
        learner.adopt(args.refine)
        learner.save(args.out / STATE, TALK.name, TALK.steps)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the ranks end with their parent
    with tempfile.TemporaryDirectory() as meeting:
        arguments = (args.out, args.save_every, stages, Path(meeting) / "ranks")
        spawn(work, arguments, nprocs=RANKS, daemon=True)


def work(rank: int, out: Path, save_every: int, stages: tuple[Stage, ...], meeting: Path) -> None:
    """One rank's life: all that is left to do of every stage."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # gradients get tiny, and denormals make them slow
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=RANKS)
    for stage, learn in zip(stages, (see_step, talk_step, talk_step), strict=True):
        run(stage, learn, rank, out, save_every)
    distributed.destroy_process_group()


def run(stage: Stage, learn: Learn, rank: int, out: Path, save_every: int) -> None:
    """What is left of one stage."""
    tokenizer = load_tokenizer()
    learner = Learner(model_config(tokenizer), SEED, stage.rate, stage.tower_rate)
    state, done = out / STATE, 0
    if state.exists():
        last_stage, last_step = learner.load(state)
        if last_stage == stage.name:
            done = last_step
        elif ORDER.index(last_stage) > ORDER.index(stage.name):
            return  # a later stage has begun
    batches = Batches(tokenizer, stage.mix, SEED, rank)
    started = time.monotonic()
    for step in range(done, stage.steps):
        shown = learn(learner, batches[step], stage.dense)
        learner.step(stage.factor(step))
        finished = step + 1
        if rank == 0 and finished % 25 == 0:
            spent = (time.monotonic() - started) / (finished - done)
            line = {"stage": stage.name, "step": finished, "s_per_step": round(spent, 3), **shown}
            print(json.dumps(line), flush=True)
        if rank == 0 and (finished % save_every == 0 or finished == stage.steps):
            learner.save(state, stage.name, finished)
    distributed.barrier()


def see_step(learner: Learner, batches: tuple[TextBatch, ...], dense_weight: float) -> dict[str, float]:
    """Gradients of the dense loss; the language model is left alone."""
    shown: dict[str, float] = {}
    for batch in batches:
        features = learner.see(batch.vision)
        loss = learner.head(features, batch.vision)
        (dense_weight * loss / len(batches) / RANKS).backward()
        kind, color, box = learner.head.accuracy(features.detach(), batch.vision)
        shown = {"loss": loss.item(), "kind": kind, "color": color, "box": box}
    return {name: round(value, 4) for name, value in shown.items()}


def talk_step(learner: Learner, batches: tuple[TextBatch, ...], dense_weight: float) -> dict[str, float]:
    """Gradients of the mean loss a learnt token, over all batches of the step."""
    learnt = torch.tensor(sum(int((batch.labels[:, 1:] >= 0).sum()) for batch in batches))
    distributed.all_reduce(learnt)
    shown: dict[str, float] = {}
    for name, batch in zip(("short", "stills", "films"), batches, strict=True):
        total, count, dense = learner.talk_loss(batch)
        (total / learnt + dense_weight * dense / len(batches) / RANKS).backward()
        shown[name] = round(total.item() / int(count), 4)
        shown[f"{name}_dense"] = round(dense.item(), 3)
    return shown


if __name__ == "__main__":
    main()
