"""From bytes to a plan. Integers only: what a model needs, what a machine has, what the user wishes.

Fill order of the GPUs: workspace, vision tower, head; then the layers' cores with their KV caches; then routed experts.
The CPU gets the rest, and what of the experts does not fit there is read from disk.
"""

from __future__ import annotations

from collections.abc import Callable

from glmv_cli.errors import MemoryShortageError, UsageError
from glmv_cli.placement.budget import Budget, Wishes
from glmv_cli.placement.draft import Draft, draft
from glmv_cli.placement.explain import reasons
from glmv_cli.placement.hardware import Machine
from glmv_cli.placement.plan import CPU, Plan
from glmv_cli.placement.sizes import ModelSizes
from glmv_cli.units import KIB, format_bytes, format_count

DEFAULT_CONTEXT = 32 * KIB
"""Tokens for which a KV cache is reserved if nothing is said: several pictures and a long answer."""
_SHORTEST_CONTEXT = 4 * KIB
"""Nothing shorter is chosen without being asked for: a picture alone may have 6,144 tokens, though most have fewer."""


def make_plan(model: ModelSizes, machine: Machine, wishes: Wishes) -> Plan:
    """Where everything goes.

    Without a wish for a context, a shorter one is taken where the default does not fit. Raises
    :class:`MemoryShortageError`, with the nearest setting that will do as hint, if nothing can be run, and
    :class:`UsageError` for a context that the model was not made for.
    """
    if wishes.context is not None and wishes.context > model.positions:
        raise UsageError(
            f"the model takes at most {format_count(model.positions)} tokens, not {format_count(wishes.context)}",
            f"--context {format_count(model.positions).replace(',', '')} is the longest",
        )
    budget = Budget.of(machine, wishes)
    for context in _contexts(model, wishes):
        found = draft(model, budget, context)
        if found.short == 0:
            return Plan(
                embeddings=CPU,
                vision=found.vision,
                head=found.head,
                layers=found.layers,
                context=context,
                tiers=found.tiers,
                cpu_memory=found.cpu_memory,
                reasons=tuple(reasons(found, model, machine, budget, _contexts(model, wishes)[0])),
                advice=tuple(_advice(found, model, budget, wishes)),
                stream=found.stream,
            )
    raise _shortage(model, budget, _contexts(model, wishes)[-1])


def _contexts(model: ModelSizes, wishes: Wishes) -> list[int]:
    """The ones to try, in order."""
    if wishes.context is not None:
        return [wishes.context]
    context = min(DEFAULT_CONTEXT, model.positions)
    contexts = [context]
    while context > _SHORTEST_CONTEXT:
        context //= 2
        contexts.append(context)
    return contexts


def _shortage(model: ModelSizes, budget: Budget, context: int) -> MemoryShortageError:
    found = draft(model, budget, context)
    needed = format_bytes(budget.cpu + found.short)
    message = (
        f"with a context of {format_count(context)} tokens {needed} of main memory are needed, "
        f"and {format_bytes(budget.cpu)} may be used"
    )
    shorter = _longest(model, budget, context, lambda trial: trial.short == 0)
    if shorter:
        return MemoryShortageError(message, f"--context {_option(shorter)} fits")
    least = draft(model, budget, min(KIB, context))
    return MemoryShortageError(
        message,
        f"allow at least {format_bytes(budget.cpu + least.short)} (--cpu-memory, or close other programs), "
        "or take a smaller model: only experts can stay on disk, and no context is short enough",
    )


def _advice(found: Draft, model: ModelSizes, budget: Budget, wishes: Wishes) -> list[str]:
    """What would make more of it fit where it is fast."""
    advice: list[str] = []
    if budget.gpus and found.gpu_layers < len(model.layers):
        shorter = _longest(model, budget, found.context, lambda trial: trial.gpu_layers == len(model.layers))
        if shorter:
            advice.append(f"--context {_option(shorter)} lets the attention of all layers run on the GPU")
    if found.on_disk:
        more = format_bytes(found.on_disk - found.disk_cache)
        setting = "; --cpu-memory limits it" if wishes.cpu_memory is not None else ""
        advice.append(f"{more} more main memory would hold all experts{setting}")
        shorter = _longest(model, budget, found.context, lambda trial: not trial.on_disk)
        if shorter:
            advice.append(f"--context {_option(shorter)} lets all experts fit into memory")
    return advice


def _longest(model: ModelSizes, budget: Budget, below: int, fits: Callable[[Draft], bool]) -> int:
    """The longest context, in thousands of tokens, shorter than ``below`` with which it ``fits``; 0: none."""
    low, high = 0, (below - 1) // KIB
    while low < high:
        middle = (low + high + 1) // 2
        if fits(draft(model, budget, middle * KIB)):
            low = middle
        else:
            high = middle - 1
    return low * KIB


def _option(context: int) -> str:
    return f"{context // KIB}k"
