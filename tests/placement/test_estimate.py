"""A token's bytes are counted where they are read."""

from __future__ import annotations

import pytest

from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.estimate import Estimate, estimate
from glmv_cli.placement.planner import make_plan
from tests.placement.machines import machine
from tests.placement.test_planner import GLM_41V, GLM_45V


def speed(gpus: tuple[int, ...], memory: int) -> Estimate:
    there = machine(gpus, memory)
    return estimate(make_plan(GLM_45V, there, Wishes()), GLM_45V, there)


def test_a_resident_token_reads_the_active_weights_once() -> None:
    read = speed((80,), 128)
    assert (read.cpu_bytes, read.disk_bytes) == (0, 0)
    head = 2 * 151552 * 4096
    packed = GLM_45V.active_parameters - 151552 * 4096
    assert read.gpu_bytes == pytest.approx(head + packed * 9 / 16, rel=0.02)


def test_without_a_gpu_the_same_comes_from_main_memory() -> None:
    read = speed((), 128)
    assert read.gpu_bytes == 0
    assert read.seconds == pytest.approx(read.cpu_bytes / 40e9)
    assert read.tokens_per_s == pytest.approx(1 / read.seconds)


def test_what_memory_has_no_room_for_comes_from_disk_too() -> None:
    short, shorter = speed((), 48), speed((), 24)
    assert 0 < short.disk_bytes < shorter.disk_bytes < shorter.cpu_bytes
    assert short.seconds < shorter.seconds


def test_slots_spare_main_memory_their_share() -> None:
    with_slots, without = speed((24,), 64), speed((), 128)
    assert 0 < with_slots.cpu_bytes < without.cpu_bytes


def test_a_dense_model_reads_all_of_it() -> None:
    there = machine((24,), 32)
    read = estimate(make_plan(GLM_41V, there, Wishes()), GLM_41V, there)
    assert read.gpu_bytes == GLM_41V.head.gpu + sum(layer.core.gpu for layer in GLM_41V.layers)
