"""What is stored in which precision, under which keys, and kept how in memory: the tables behind the quantizer, the
planner and the loader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Storage = Literal["nf4", "half", "keep"]
"""In 4 bit; in 16 bit, which a float32 original is rounded to (bfloat16); or as the original is."""
Form = Literal["mapped", "rows8", "float32"]
"""In memory: as it lies in the file, in 8 bit with a scale for each row, or in full."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Tensors whose name ``pattern`` finds are stored as ``storage``; the first rule that fits decides."""

    pattern: str
    storage: Storage
    reason: str


RULES = (
    Rule(r"(^|\.)visual\.", "half", "the vision tower is small, and what it loses is lost for every token"),
    Rule(r"embed_tokens\.|(^|\.)lm_head\.", "half", "bitsandbytes reads embeddings and head in 16 bit only"),
    Rule(r"\.e_score_correction_bias$", "keep", "the released models have it in float32, and so has transformers"),
    Rule(r"\.mlp\.gate\.", "half", "a router decides; its few weights cost nothing"),
    Rule(r"norm\.weight$|\.bias$", "half", "vectors"),
    Rule(r"\.experts\.(gate_up|down)_proj$", "nf4", "94 % of the weights; fused, one expert a slice"),
    Rule(r"_proj\.weight$", "nf4", "linear layers of attention, dense and shared MLPs"),
    Rule(r"", "half", "everything else"),
)


@dataclass(frozen=True, slots=True)
class Residence:
    """What becomes on a CPU of 16-bit tensors whose name ``pattern`` finds; the first rule that fits decides.

    ``mapped``: they stay in the file's pages, and are cast where they are used. ``rows8``: 8 bit by row.
    """

    pattern: str
    form: Form
    reason: str
    at_least: int = 0
    """Bytes in the file; smaller ones go on to the next rule."""


RESIDENCES = (
    Residence(r"(^|\.)lm_head\.weight$", "rows8", "a token reads six bits of all rows", at_least=64 << 20),
    Residence(r"(embed_tokens|(^|\.)lm_head)\.weight$", "mapped", "few rows of it are read, or it is small"),
    Residence(r"\.(blocks|merger)\..*(qkv|proj)\.weight$", "mapped", "a picture has hundreds of patches for each cast"),
    Residence(r"\.downsample\.weight$", "mapped", "as the other large weights of the vision tower"),
    Residence(r"", "float32", "vectors, routers, first convolution: small, and used at every step"),
)
"""On a GPU all of these are bfloat16, but for the routers' corrections."""

ABSMAX = "absmax"
QUANT_MAP = "quant_map"
QUANT_STATE = "quant_state.bitsandbytes__nf4"
"""With these suffixes bitsandbytes stores a packed linear layer beside its ``weight``."""

FLOAT32 = (ABSMAX, "e_score_correction_bias")
"""Tensors whose names end so are float32 wherever they are."""


def storage_of(name: str) -> Storage:
    """How the tensor called ``name`` (with fused experts) is stored."""
    return next(rule.storage for rule in RULES if re.search(rule.pattern, name))


def residence_of(name: str, size: int) -> Form:
    """What a tensor called ``name`` that is kept, of ``size`` bytes in the file, becomes in main memory."""
    return next(rule.form for rule in RESIDENCES if size >= rule.at_least and re.search(rule.pattern, name))
