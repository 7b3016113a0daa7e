"""transformers with bitsandbytes reads a dense result as if it had written it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from bitsandbytes.functional import dequantize_4bit

from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from tests.checkpoints import Dtype, write_checkpoint
from tests.model.sources import unpacked

CLASSES = {"glm4v": "Glm4vForConditionalGeneration", "glm46v": "Glm46VForConditionalGeneration"}


def logits_of(model: Any) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(21, 640, (2, 24), generator=generator)
    ids[:, 4:10] = 14  # a picture of 4 × 6 patches
    kinds = torch.zeros_like(ids)
    kinds[:, 4:10] = 1
    grid = torch.tensor([[1, 4, 6], [1, 4, 6]])
    patches = torch.randn(48, 1176, generator=generator)
    with torch.no_grad():
        logits: torch.Tensor = model(
            input_ids=ids, pixel_values=patches, image_grid_thw=grid, mm_token_type_ids=kinds
        ).logits
    return logits


@pytest.mark.parametrize("family", CLASSES)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_a_dense_result_gives_the_logits_of_its_weights(family: str, dtype: Dtype, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "source", family, dtype=dtype)
    quantize(LocalSource.open(source), tmp_path / "out", result_file_size=200_000)
    model_class = getattr(transformers, CLASSES[family])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries say about each other
        theirs = model_class.from_pretrained(tmp_path / "out", device_map="cpu").eval()
    packed = {name: module for name, module in theirs.named_modules() if type(module).__name__ == "Linear4bit"}
    assert set(packed) == {name for name, module in theirs.named_modules() if is_packed(name, module)}
    # The products of bitsandbytes on CPUs have the accuracy of bfloat16: compare what it unpacks, in float32.
    unpacked_by_them = {name: dense(module) for name, module in packed.items()}
    as_loaded = logits_of(theirs)  # after that: it may lay packed weights out anew
    for name, linear in unpacked_by_them.items():
        theirs.set_submodule(name, linear)
    torch.nn.Module.float(theirs)  # the class refuses, for the sake of packed weights
    ours = model_class(model_class.config_class.from_pretrained(source)).float().eval()
    ours.load_state_dict({name: weight.float() for name, weight in unpacked(tmp_path / "out").items()})
    expected = logits_of(ours)
    torch.testing.assert_close(logits_of(theirs), expected, rtol=1e-4, atol=1e-4)
    assert torch.cosine_similarity(as_loaded.float().flatten(), expected.flatten(), dim=0) > 0.99


def dense(module: Any) -> torch.nn.Linear:
    """A layer of bitsandbytes with its weight unpacked by bitsandbytes."""
    state = module.weight.quant_state
    state.dtype = torch.float32  # the file names the type of the original, to which it would be rounded
    linear = torch.nn.Linear(module.in_features, module.out_features, module.bias is not None)
    linear.weight = torch.nn.Parameter(dequantize_4bit(module.weight.data, state))
    linear.bias = module.bias
    return linear


def is_packed(name: str, module: object) -> bool:
    return isinstance(module, torch.nn.Linear) and name.startswith("model.language_model.")
