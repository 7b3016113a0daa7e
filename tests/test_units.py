"""Sizes and counts are read as people write them, and written so that they can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.units import GIB, KIB, MIB, format_bytes, format_count, parse_bytes, parse_count


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("20GiB", 20 * GIB),
        ("20gib", 20 * GIB),
        ("20 GiB", 20 * GIB),
        ("20G", 20 * GIB),
        ("20Gi", 20 * GIB),
        ("20GB", 20 * 10**9),
        ("500MiB", 500 * MIB),
        ("500M", 500 * MIB),
        ("500mb", 500 * 10**6),
        ("64k", 64 * KIB),
        ("1.5TiB", 1536 * GIB),
        ("2000000", 2_000_000),
        (".5GiB", GIB // 2),
        ("2.GiB", 2 * GIB),
        ("12b", 12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(("text", "count"), [("32768", 32768), ("32k", 32768), ("32K", 32768), ("1M", 2**20)])
def test_counts(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize("text", ["24", "1.5", "1048575"])
def test_a_small_number_without_a_unit_is_not_taken_for_bytes(text: str) -> None:
    with pytest.raises(ValueError, match=f"write {text}GiB"):
        parse_bytes(text)


@pytest.mark.parametrize("text", ["", "GiB", "-1GiB", "20 apples", "1e9", "20GiBs", "nan", "٣GiB", "1,5GiB"])
def test_what_is_no_size_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size such as 20GiB") as caught:
        parse_bytes(text)
    assert repr(text) in str(caught.value)


def test_a_count_has_no_bytes() -> None:
    with pytest.raises(ValueError, match="'32kB' is not a number such as 32768 or 32k"):
        parse_count("32kB")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (MIB, "1.0 MiB"), (980 * MIB, "980 MiB"), (GIB * 99, "99.0 GiB"),
     (GIB * 141, "141 GiB")],
)  # fmt: skip
def test_sizes_are_written_with_a_binary_unit(size: int, text: str) -> None:
    assert format_bytes(size) == text


@given(st.integers(0, 2**50))
def test_a_written_size_can_be_read_again(size: int) -> None:
    assert parse_bytes(format_bytes(size)) == pytest.approx(size, rel=0.06)


def test_counts_are_written_with_commas() -> None:
    assert format_count(151552) == "151,552"
