"""Whether a prompt fits, told before anything is computed."""

from __future__ import annotations

from glmv_cli.errors import GlmvError


def room_for_answer(length: int, context: int) -> int:
    """How many tokens the answer to a prompt of ``length`` may have, if both together have ``context``.

    Raises :class:`GlmvError` if nothing is left for it. Who knows what the prompt is made of says so before, and what
    to change: :func:`glmv_cli.prompt.account.check_room`.
    """
    if length < context:
        return context - length
    raise GlmvError(
        f"the prompt has {length} tokens, and the model takes {context} with its answer",
        f"{length + 1 - context} or more tokens must go",
    )
