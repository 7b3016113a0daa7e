"""Bytes from the config are those of the 4-bit checkpoint, and those that the model has in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.random_checkpoint import write_random_checkpoint
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.placement.model import read_model
from glmv_cli.placement.shapes import Shape
from glmv_cli.placement.sizes import Footprint, ModelSizes, sizes_of
from glmv_cli.store.checkpoint_files import read_headers
from glmv_cli.store.safetensors_header import Header, TensorInfo
from glmv_cli.units import GIB
from tests.checkpoints import write_checkpoint
from tests.placement.machines import CONFIGS
from tests.releases import RELEASES


def released(name: str) -> ModelSizes:
    return sizes_of(Shape.of(json.loads((CONFIGS / f"{name}.json").read_text()), name))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", RELEASES)
def test_sizes_by_config_and_by_headers_agree(family: str, tied: bool, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "bf16", family, tied=tied)
    quantize_checkpoint(source, tmp_path / "4bit")
    shape = Shape.of(json.loads((tmp_path / "4bit" / "config.json").read_text()), family)
    assert sizes_of(shape, read_headers(tmp_path / "4bit")) == sizes_of(shape)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", RELEASES)
def test_the_loader_holds_what_is_planned(family: str, tied: bool, tmp_path: Path) -> None:
    write_random_checkpoint(tmp_path, RELEASES[family].config | {"tie_word_embeddings": tied})
    sizes = read_model(tmp_path, family).sizes
    planned = sizes.embeddings.cpu + sizes.head.cpu + (sizes.vision.cpu if sizes.vision else 0)
    planned += sum(layer.core.cpu + layer.all_experts for layer in sizes.layers)
    model = load_model(*open_checkpoint(tmp_path))
    tensors = [*model.parameters(), *(b for n, b in model.named_buffers() if n.endswith("e_score_correction_bias"))]
    held = {tensor.data_ptr(): tensor.nbytes for tensor in tensors}  # a tied head is the embeddings' pages
    assert sum(held.values()) == planned


def test_16_bit_weights_are_planned_as_what_they_will_be_in_4_bits(tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "bf16", "glm4v_moe")
    quantize_checkpoint(source, tmp_path / "4bit")
    before, after = read_model(source, "before"), read_model(tmp_path / "4bit", "after")
    assert before.sizes == after.sizes
    assert (before.on_disk, after.on_disk) == (False, True)


def test_the_experts_of_glm_4_5v_are_what_takes_room() -> None:
    sizes = released("glm-4.5v")
    dense, *sparse = sizes.layers
    assert (dense.expert, dense.experts) == (0, 0)
    assert {(layer.expert, layer.experts) for layer in sparse} == {(3 * 4096 * 1408 * 9 // 16, 128)}
    assert sum(layer.all_experts for layer in sparse) / sizes.file > 0.88
    assert sizes.file / sizes.parameters * 8 == pytest.approx(4.73, abs=0.02)  # bits a weight


def test_a_head_takes_8_bits_on_a_cpu_of_which_a_token_reads_six_and_16_on_a_gpu() -> None:
    sizes = released("glm-4.5v")
    rows, columns = 151552, 4096
    scales = rows * (columns // 256 + 4)
    norm = Footprint(4 * columns, 2 * columns)
    assert sizes.head == Footprint(rows * columns + scales, 2 * rows * columns) + norm
    assert sizes.head_read == Footprint(rows * columns * 6 // 8 + scales, 2 * rows * columns) + norm


def test_a_tied_head_in_the_pages_of_the_embeddings_is_read_though_it_takes_no_room(tmp_path: Path) -> None:
    write_random_checkpoint(tmp_path, RELEASES["glm4_moe"].config | {"tie_word_embeddings": True})
    sizes = read_model(tmp_path, "small").sizes
    assert sizes.head_read.cpu - sizes.head.cpu == sizes.embeddings.cpu


def test_a_head_in_4_bit_is_read_as_it_lies() -> None:
    shape = Shape.of(json.loads((CONFIGS / "glm-4.5v.json").read_text()), "glm-4.5v")
    packed = TensorInfo("U8", (151552 * 4096 // 2, 1), 0, 151552 * 4096 // 2)
    sizes = sizes_of(shape, {"a file": Header({"lm_head.weight": packed}, {}, 0)})
    assert sizes.head == sizes.head_read == Footprint(packed.size, packed.size)


def test_an_empty_tensor_takes_nothing() -> None:
    shape = Shape.of(json.loads((CONFIGS / "glm-4.5v.json").read_text()), "glm-4.5v")
    headers = {"a file": Header({"lm_head.weight": TensorInfo("BF16", (0, 4096), 0, 0)}, {}, 0)}
    assert sizes_of(shape, headers).head_read == Footprint()


def test_a_token_of_cache_is_keys_and_values_of_every_head() -> None:
    assert released("glm-4.5v").kv_per_token == 2 * 8 * 128
    assert released("glm-4.1v-9b-thinking").kv_per_token == 2 * 2 * 128


def test_a_text_model_has_no_vision_tower() -> None:
    assert released("glm-4.5").vision is None
    assert released("glm-4.5v").vision is not None


def test_active_parameters_count_the_chosen_experts_and_no_tables() -> None:
    assert released("glm-4.5v").active_parameters / 1e9 == pytest.approx(12.8, abs=0.1)
    assert released("glm-4.5").active_parameters / 1e9 == pytest.approx(32.9, abs=0.1)


def test_the_largest_picture_is_worth_gigabytes() -> None:
    assert 2 * GIB < 4 * released("glm-4.5v").transients.picture < 4 * GIB
    assert released("glm-4.5").transients.picture == 0
