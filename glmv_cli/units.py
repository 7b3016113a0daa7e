"""Bytes, counts and times as people write and read them: ``20GiB``, ``32k``, ``1:30``."""

from __future__ import annotations

import re
from fractions import Fraction

KIB, MIB, GIB = 2**10, 2**20, 2**30

_BYTES = {
    "": 1,
    "b": 1,
    **{unit + suffix: 1024**power for power, unit in enumerate("kmgt", 1) for suffix in ("", "i", "ib")},
    **{unit + "b": 1000**power for power, unit in enumerate("kmgt", 1)},
}
_COUNTS = {"": 1, "k": KIB, "ki": KIB, "m": MIB, "mi": MIB}
_TIME = re.compile(r"(\d+:[0-5]?\d:[0-5]?\d|\d+:[0-5]?\d|\d+)(\.\d*)?", re.ASCII)
_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)", re.ASCII)


def parse_bytes(text: str) -> int:
    """``20GiB``, ``20G`` → 20 · 2³⁰; ``20GB`` → 20 · 10⁹; ``0`` and plain numbers from 2²⁰ are bytes.

    Case does not matter. Raises ``ValueError`` with a message for the user.
    """
    size = _parse(text, _BYTES, "is not a size such as 20GiB, 500MiB or 24GB")
    if 0 < size < MIB and not text.strip()[-1].isalpha():
        raise ValueError(f"'{text}' would be bytes: write {text.strip()}GiB or the like")
    return size


def parse_count(text: str) -> int:
    """``32k`` → 32,768, as context lengths are told; plain numbers are themselves.

    Case does not matter. Raises ``ValueError`` with a message for the user.
    """
    return _parse(text, _COUNTS, "is not a number such as 32768 or 32k")


def parse_time(text: str) -> float:
    """``90``, ``1:30``, ``1:02:03.5`` → seconds. Raises ``ValueError`` with a message for the user."""
    if _TIME.fullmatch(text.strip()) is None:
        raise ValueError(f"'{text}' is not a time such as 90, 1:30 or 1:02:03.5")
    seconds = 0.0
    for part in text.strip().split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _parse(text: str, units: dict[str, int], complaint: str) -> int:
    match = _QUANTITY.fullmatch(text.strip().lower())
    if match is None or match[2] not in units:
        raise ValueError(f"'{text}' {complaint}")
    return int(Fraction(match[1] if not match[1].endswith(".") else match[1] + "0") * units[match[2]])


def format_bytes(size: int) -> str:
    """``23.4 GiB``, ``980 MiB``: in the largest unit of which there is a whole one."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            value = size / unit
            return f"{value:.1f} {name}" if value < 99.95 else f"{value:.0f} {name}"
    return f"{size} B"


def format_count(count: int) -> str:
    """``32768`` → ``32,768``."""
    return f"{count:,}"
