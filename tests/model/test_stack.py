"""All layers in one call: what the modules one by one compute, for every family."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from glmv_cli.kernels import library, native
from glmv_cli.model.kv_cache import KVCache
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.model.stack import Stack, stack_of
from tests.checkpoints import write_checkpoint
from tests.kernels.settings import SETS
from tests.releases import RELEASES

pytestmark = pytest.mark.skipif(not SETS, reason="the C library is not there")
Body = torch.nn.Module
Load = Callable[[str], Body]
CONTEXT = 700
WHOLE = {"exact": 1e-5, "int8": 2e-2}
"""Of the largest number. A last bit may decide how an activation is rounded to 8, which shows in so narrow a model."""


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """The language model of a release."""

    @functools.lru_cache
    def loaded(release: str) -> Body:
        directory = tmp_path_factory.mktemp("stack")
        quantize_checkpoint(write_checkpoint(directory / "16-bit", release), directory / "4-bit")
        body: Body = load_model(*open_checkpoint(directory / "4-bit")).get_decoder()
        return body

    return loaded


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Sets the number of threads; resets it afterwards."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def kernels() -> list[str]:
    loaded = library.load()
    return [] if isinstance(loaded, str) else [kernel.name for kernel in native.kernels_of(loaded)]


def made(body: Body) -> Stack:
    stack = stack_of(body)
    assert stack is not None
    return stack


def embeds_of(body: Body, count: int, seed: int = 0) -> torch.Tensor:
    width = body.get_parameter("norm.weight").shape[0]
    return torch.randn(1, count, width, generator=torch.Generator().manual_seed(seed))


def axes(body: Body, start: int, count: int) -> torch.Tensor:
    """Positions as the body takes them; time, height and width differ, where there are such."""
    positions = torch.arange(start, start + count)[None]
    if "mrope_section" not in vars(body.get_submodule("rotary_emb")):
        return positions
    return torch.stack((positions, positions + 3, positions // 2))


def by_modules(body: Body, embeds: torch.Tensor, positions: torch.Tensor, cache: KVCache) -> torch.Tensor:
    hidden: torch.Tensor = body(
        inputs_embeds=embeds, position_ids=positions, past_key_values=cache, use_cache=True
    ).last_hidden_state
    return hidden


def filled(body: Body, length: int) -> tuple[KVCache, KVCache]:
    """Two caches that hold the same ``length`` tokens."""
    layers = len(list(body.get_submodule("layers").children()))
    caches = KVCache(layers, CONTEXT), KVCache(layers, CONTEXT)
    for cache in caches if length else ():
        by_modules(body, embeds_of(body, length, 1), axes(body, 0, length), cache)
    return caches


def assert_near(found: torch.Tensor, expected: torch.Tensor, precision: str = "exact") -> None:
    assert (found - expected).abs().max() <= WHOLE[precision] * expected.abs().max()


def compare(body: Body, count: int, before: int, precision: str = "exact") -> None:
    """Two steps; hidden states, and what is in the caches."""
    stack = made(body)
    ours, theirs = filled(body, before)
    for start in (before, before + count):
        embeds, positions = embeds_of(body, count, start), axes(body, start, count)
        assert stack.takes(embeds)
        found = stack.forward(embeds, positions, ours)
        assert_near(found, by_modules(body, embeds, positions, theirs), precision)
    length = before + 2 * count
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        assert one.get_seq_length() == other.get_seq_length() == length
        assert_near(one._stored[..., :length, :], other._stored[..., :length, :], precision)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("count", [1, 2, 5, 8])
@pytest.mark.parametrize("before", [0, 1, 31, 33, 600])
@torch.inference_mode()
def test_layers_at_once_are_layers_one_by_one(load: Load, release: str, count: int, before: int) -> None:
    compare(load(release), count, before)


@pytest.mark.parametrize("setting", kernels())
@pytest.mark.parametrize("release", ["glm4v_moe", "glm46v", "glm4_moe"])
@torch.inference_mode()
def test_with_every_kernel(load: Load, release: str, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    compare(load(release), 1, 70, setting.split(":")[0])
    compare(load(release), 3, 70, setting.split(":")[0])


@pytest.mark.parametrize("release", ["glm4v", "glm4_moe"])
@torch.inference_mode()
def test_threads_change_nothing(load: Load, release: str, default_kernel: None, threads: Callable[[int], None]) -> None:
    body = load(release)
    found = []
    for count in (1, 2, 3, 4):
        threads(count)
        cache, _ = filled(body, 0)
        steps = [made(body).forward(embeds_of(body, 1, s), axes(body, s, 1), cache) for s in range(40)]
        found.append(torch.cat(steps))
    assert all(torch.equal(found[0], other) for other in found[1:])


@torch.inference_mode()
def test_a_cache_that_was_cut_back_is_gone_on_with(load: Load) -> None:
    body = load("glm4v_moe")
    stack = made(body)
    ours, theirs = filled(body, 300)
    stack.forward(embeds_of(body, 4, 2), axes(body, 300, 4), ours)
    for cache in (ours, theirs):
        cache.truncate(257)
    embeds, positions = embeds_of(body, 1, 3), axes(body, 257, 1)
    assert_near(stack.forward(embeds, positions, ours), by_modules(body, embeds, positions, theirs))
    assert ours.length == theirs.length == 258


@torch.inference_mode()
def test_what_is_no_number_stays_none(load: Load) -> None:
    body = load("glm4v_moe")
    ours, _ = filled(body, 5)
    embeds = embeds_of(body, 3)
    embeds[0, 1, 7] = float("nan")
    found = made(body).forward(embeds, axes(body, 5, 3), ours)[0]
    assert found[0].isfinite().all()
    assert found[1:].isnan().all()  # the third token sees the second


@torch.inference_mode()
def test_many_tokens_and_torch_are_for_the_modules(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = made(load("glm4v_moe"))
    assert stack.takes(embeds_of(load("glm4v_moe"), 8))
    assert not stack.takes(embeds_of(load("glm4v_moe"), 9))
    assert not stack.takes(embeds_of(load("glm4v_moe"), 1).bfloat16())
    monkeypatch.setenv(native.VARIABLE, "torch")
    assert not stack.takes(embeds_of(load("glm4v_moe"), 1))


def test_experts_that_lie_elsewhere_are_for_the_modules(tmp_path: Path) -> None:
    quantize_checkpoint(write_checkpoint(tmp_path / "16-bit", "glm4v_moe"), tmp_path / "4-bit")
    body = load_model(*open_checkpoint(tmp_path / "4-bit")).get_decoder()
    assert stack_of(body) is not None
    body.layers[-1].mlp.experts.runner = lambda hidden, ids, weights: hidden
    assert stack_of(body) is None


@pytest.mark.parametrize("release", ["glm4v", "glm4_moe-air"])
@torch.inference_mode()
def test_a_network_decodes_by_it(tmp_path: Path, release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quantize_checkpoint(write_checkpoint(tmp_path / "16-bit", release), tmp_path / "4-bit")
    model = load_model(*open_checkpoint(tmp_path / "4-bit"))
    network, body = network_of(model), model.get_decoder()
    monkeypatch.setattr(body, "forward", None)
    cache = network.new_cache(8)
    for index in range(3):
        embeds = network.embed_tokens(torch.tensor([[20 + index]]))
        assert network.forward(embeds, torch.tensor([[index]]), cache).isfinite().all()
    assert cache.length == 3
