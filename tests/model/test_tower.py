"""Vision towers, ours and those of transformers with the same weights: equal in float32, close with bfloat16 products.

The bound of the latter: cosine at least 0.999 for every token, error at most 2 % of the whole, and less than what
transformers' own tower in bfloat16 loses.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.precision import tile_products
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.model.sixteen import Conv16, RoundingNorm
from tests.checkpoints import write_checkpoint
from tests.reference import dequantized_model
from tests.releases import RELEASES

SEEING = [name for name, release in RELEASES.items() if release.processor]
GRIDS = {
    "a picture": [[1, 6, 10]],
    "a small one": [[1, 2, 2]],
    "two pictures": [[1, 4, 8], [1, 6, 2]],
    "a film, as its frames": 3 * [[1, 4, 6]],
}
Directory = Callable[[str], Path]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    @functools.lru_cache
    def quantized(release: str) -> Path:
        base = tmp_path_factory.mktemp("tower")
        quantize_checkpoint(write_checkpoint(base / "16-bit", release), base / "4-bit")
        return base / "4-bit"

    return quantized


def seen(model: PreTrainedModel, grids: list[list[int]], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """What the tower makes of random patches, ``[tokens, H]`` float32."""
    tower: nn.Module = model.model.visual
    grid = torch.tensor(grids)
    vision = model.config.vision_config
    width = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    patches = torch.randn(int(grid.prod(-1).sum()), width, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        tokens: torch.Tensor = tower(patches.to(dtype), grid).pooler_output
    return tokens.float()


def error(ours: torch.Tensor, exact: torch.Tensor) -> float:
    return float((ours - exact).norm() / exact.norm())


@pytest.mark.parametrize("grids", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("release", SEEING)
def test_in_float32_it_is_the_tower_of_transformers(directory: Directory, release: str, grids: list[list[int]]) -> None:
    ours = seen(load_model(*open_checkpoint(directory(release))), grids)
    assert error(ours, seen(dequantized_model(directory(release)), grids)) <= 1e-5


@pytest.mark.parametrize("grids", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("release", SEEING)
def test_with_bfloat16_products_it_stays_close(directory: Directory, release: str, grids: list[list[int]]) -> None:
    reference = dequantized_model(directory(release))
    exact = seen(reference, grids)
    ours = seen(load_model(*open_checkpoint(directory(release)), products=torch.bfloat16), grids)
    assert F.cosine_similarity(ours, exact, dim=-1).min() >= 0.999
    assert error(ours, exact) <= 0.02
    theirs = seen(reference.to(torch.bfloat16), grids, torch.bfloat16)
    assert error(ours, exact) < error(theirs, exact)


def test_a_trained_tower_stays_close(demo_directory: Path, reference_model: PreTrainedModel) -> None:
    grids = [[1, 12, 16]]
    ours = seen(load_model(*open_checkpoint(demo_directory), products=torch.bfloat16), grids)
    exact = seen(reference_model, grids)
    assert F.cosine_similarity(ours, exact, dim=-1).min() >= 0.999
    assert error(ours, exact) <= 0.02


def test_only_the_tower_rounds(demo_directory: Path) -> None:
    model = load_model(*open_checkpoint(demo_directory), products=torch.bfloat16)
    rounding = {path for path, module in model.named_modules() if isinstance(module, RoundingNorm)}
    assert rounding
    assert all(".visual.blocks." in path for path in rounding)
    assert isinstance(pixels := model.model.visual.patch_embed.proj, Conv16)
    assert pixels.products == torch.float32


def test_bfloat16_needs_tiles_and_leave() -> None:
    tiles: dict[str, object] = {"amx_tile": True, "amx_bf16": True}
    assert tile_products("", tiles) == tile_products("int8:avx2", tiles) == torch.bfloat16
    assert tile_products("exact", tiles) == tile_products("exact:avx2", tiles) == torch.float32
    assert tile_products("torch", tiles) == torch.float32
    assert tile_products("", {"avx512_bf16": True, "amx_tile": True}) == torch.float32
