"""Whether a prompt fits, told before anything is computed."""

from __future__ import annotations

from collections import Counter

from glmv_cli.errors import GlmvError
from glmv_cli.prompt.inputs import IMAGE, TEXT, VIDEO, ModelInputs

_NOUNS = {IMAGE: "image", VIDEO: "film"}
_ADVICE = {
    TEXT: "use less text",
    IMAGE: "use smaller pictures, or fewer of them",
    VIDEO: "use a shorter film, or a part of it",
}


def room_for_answer(inputs: ModelInputs, context: int, most: int) -> int:
    """How many tokens the answer may have.

    ``context`` is what prompt and answer together may have; the model was made for ``most``. Raises
    :class:`GlmvError` if nothing is left for the answer.
    """
    length = inputs.ids.shape[1]
    if length < context:
        return context - length
    kind = max(_ADVICE, key=inputs.tokens)
    ways = [_ADVICE[kind]]
    if context < most:
        ways.append(f"raise --context, up to {most}")
    raise GlmvError(
        f"the prompt has {length} tokens, and the model takes {context} with its answer: {_parts(inputs)}",
        f"{length + 1 - context} or more tokens must go: {'; or '.join(ways)}",
    )


def _parts(inputs: ModelInputs) -> str:
    """``text 20, image 1: 6144, …``."""
    counted: Counter[int] = Counter()
    parts = [f"text {inputs.tokens(TEXT)}"]
    for medium in inputs.media():
        counted[medium.kind] += 1
        parts.append(f"{_NOUNS[medium.kind]} {counted[medium.kind]}: {len(medium.at)}")
    return ", ".join(parts)
