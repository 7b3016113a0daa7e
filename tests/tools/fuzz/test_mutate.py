"""Damage is repeatable, and reaches what lies behind checksums."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tools.fuzz.mutate import mutate


@given(st.binary(max_size=200), st.integers())
def test_any_bytes_can_be_damaged(data: bytes, seed: int) -> None:
    damaged = mutate(data, [data, b"other"], Random(seed))
    assert damaged == mutate(data, [data, b"other"], Random(seed))


def test_most_damage_changes_something() -> None:
    data = bytes(range(256))
    assert sum(mutate(data, [data], Random(seed)) != data for seed in range(100)) > 90


def test_chunks_of_a_png_keep_right_sums() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    data = file.getvalue()
    headers = [mutate(data, [data], Random(seed))[:33] for seed in range(300)]
    changed = [header for header in headers if header[:16] == data[:16] and header[16:29] != data[16:29]]
    right = [header for header in changed if header[29:] == struct.pack(">I", zlib.crc32(header[12:29]))]
    assert len(right) > len(changed) / 2 > 10
