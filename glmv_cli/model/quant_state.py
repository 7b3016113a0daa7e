"""What bitsandbytes stores beside a packed linear layer, to say how it was packed."""

from __future__ import annotations

import json
import struct

from glmv_cli.kernels.nf4 import BLOCK_SIZE, NF4_CODE
from glmv_cli.layout import QUANT_MAP, QUANT_STATE

_CODE = struct.pack(f"<{len(NF4_CODE)}f", *NF4_CODE)


def described(shape: tuple[int, ...], dtype: str) -> dict[str, bytes]:
    """Suffix → content, for a weight ``shape`` that was in ``dtype``."""
    state = {"quant_type": "nf4", "blocksize": BLOCK_SIZE, "dtype": dtype, "shape": list(shape)}
    return {QUANT_MAP: _CODE, QUANT_STATE: json.dumps(state).encode()}


def difference(quant_map: bytes, quant_state: bytes, shape: tuple[int, ...]) -> str | None:
    """What is not as :func:`described` has it for a weight of this ``shape``; None: all is."""
    try:
        state = json.loads(quant_state)
    except ValueError:
        state = None
    if not isinstance(state, dict):
        return f"its {QUANT_STATE} cannot be read"
    for key, ours in (("quant_type", "nf4"), ("blocksize", BLOCK_SIZE), ("shape", list(shape))):
        if state.get(key) != ours:
            return f"'{key}' is {state.get(key)}, not {ours}"
    return None if quant_map == _CODE else f"its {QUANT_MAP} is not that of NF4"
