"""The reference that glmv is held to: the model of transformers with weights unpacked by bitsandbytes."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file
from transformers import PreTrainedModel

from glmv_cli.prompt.inputs import ModelInputs, Vision

_STATE = ".quant_state.bitsandbytes__nf4"
LEVELS = torch.linspace(-1.7, 2.1, 256).repeat(3, 1)
"""About those of the family."""


def dequantized_model(directory: Path) -> PreTrainedModel:
    """Reads a 4-bit checkpoint of any family with none of our code."""
    config = json.loads((directory / "config.json").read_text())
    config.pop("quantization_config")
    model_class = getattr(transformers, config["architectures"][0])
    model = model_class(model_class.config_class.from_dict(config)).float().eval()
    stored: dict[str, torch.Tensor] = {}
    for file in directory.glob("*.safetensors"):
        stored |= load_file(file)
    if model.config.tie_word_embeddings:
        stored["lm_head.weight"] = next(stored[name] for name in stored if name.endswith("embed_tokens.weight"))
    weights = {name: _unpacked(name, stored).float() for name in model.state_dict()}
    model.load_state_dict(weights, strict=True)
    reference: PreTrainedModel = model
    return reference


def _unpacked(name: str, stored: dict[str, torch.Tensor]) -> torch.Tensor:
    # Here, since what else is in this file is asked for on machines with a GPU and without bitsandbytes.
    from bitsandbytes.functional import QuantState, dequantize_4bit

    packed = stored[name]
    if packed.dtype != torch.uint8:
        return packed
    if name + _STATE in stored:
        parts = {key: value for key, value in stored.items() if key.startswith(f"{name}.")}
        state = QuantState.from_dict(parts, torch.device("cpu"))
        state.dtype = torch.float32  # the file names the dtype of the original, to which it would be rounded
        linear: torch.Tensor = dequantize_4bit(packed, state)
        return linear
    experts, rows, half = packed.shape  # fused experts: bitsandbytes has no key for these, but the same blocks
    state = QuantState(
        absmax=stored[f"{name}.absmax"].flatten(),
        shape=torch.Size((experts, rows, 2 * half)),
        code=stored_code(stored),
        blocksize=64,
        quant_type="nf4",
        dtype=torch.float32,
    )
    fused: torch.Tensor = dequantize_4bit(packed.reshape(-1, 1), state)
    return fused


def logits_of(model: PreTrainedModel, inputs: ModelInputs) -> torch.Tensor:
    """``[1, L, vocabulary]`` of one pass over a whole prompt.

    Vision features are put in place here: given a picture and a film at once, the model's own forward counts the
    tokens of both as the picture's, and refuses.
    """
    if inputs.images is inputs.videos is None:
        read: torch.Tensor = model(inputs.ids).logits
        return read
    inner, config = model.model, model.config
    embeds = inner.get_input_embeddings()(inputs.ids).clone()
    if inputs.images:
        features = inner.get_image_features(inputs.images.values(), inputs.images.grids).pooler_output
        embeds[inputs.kinds == 1] = torch.cat(features)
    if inputs.videos:
        features = inner.get_video_features(inputs.videos.values(), inputs.videos.grids).pooler_output
        embeds[inputs.kinds == 2] = torch.cat(features)
    assert bool((inputs.ids[inputs.kinds > 0] == config.image_token_id).all())  # an answer may hold some, too
    positions, _ = inner.get_rope_index(
        inputs.ids,
        inputs.kinds,
        inputs.images.grids if inputs.images else None,
        inputs.videos.grids if inputs.videos else None,
    )
    logits: torch.Tensor = model(inputs_embeds=embeds, position_ids=positions).logits
    return logits


def greedy_tokens(model: PreTrainedModel, inputs: ModelInputs, answer: list[int]) -> list[int]:
    """The likeliest token at each place of ``answer``, after what comes before it.

    If that is ``answer``, then it is what greedy decoding gives; one pass shows it.
    """
    logits = logits_of(model, longer(inputs, *answer[:-1]))
    tokens: list[int] = logits[0, inputs.ids.shape[1] - 1 :].argmax(-1).tolist()
    return tokens


def longer(inputs: ModelInputs, *later: int) -> ModelInputs:
    """A prompt with more text at its end."""
    ids = torch.cat([inputs.ids, torch.tensor([later], dtype=torch.int64)], dim=1)
    kinds = torch.nn.functional.pad(inputs.kinds, (0, len(later)))
    return ModelInputs(ids, kinds, inputs.images, inputs.videos, False)


def forward_arguments(inputs: ModelInputs) -> dict[str, torch.Tensor]:
    """Pictures or films (not both) as the arguments of the model's own forward and ``generate``."""
    arguments = {"input_ids": inputs.ids, "mm_token_type_ids": inputs.kinds}
    if inputs.images:
        arguments |= {"pixel_values": inputs.images.values(), "image_grid_thw": inputs.images.grids}
    if inputs.videos:
        arguments |= {"pixel_values_videos": inputs.videos.values(), "video_grid_thw": inputs.videos.grids}
    return arguments


def random_prompt(
    length: int, *, picture: bool = False, film: bool = False, another_picture: bool = False
) -> ModelInputs:
    """Random text of at least 90 tokens; a picture takes 20 of them, another 6, a film of two steps 12 each."""
    generator = torch.Generator().manual_seed(length)
    ids = torch.randint(21, 640, (1, length), generator=generator)
    kinds = torch.zeros(1, length, dtype=torch.int)
    images = videos = None
    if picture:
        ids[0, 4:24], kinds[0, 4:24] = 14, 1
        images = Vision(random_patches(80, generator), torch.tensor([[1, 8, 10]]), LEVELS)
    if another_picture:
        assert images is not None
        ids[0, 70:76], kinds[0, 70:76] = 14, 1
        patches = torch.cat([images.patches, random_patches(24, generator)])
        images = Vision(patches, torch.cat([images.grids, torch.tensor([[1, 4, 6]])]), LEVELS)
    if film:
        ids[0, 29], ids[0, 62] = 12, 13
        for start in (30, 50):
            ids[0, start : start + 12], kinds[0, start : start + 12] = 14, 2
        videos = Vision(random_patches(96, generator), torch.tensor([[2, 6, 8]]), LEVELS)
    return ModelInputs(ids, kinds, images, videos, False)


def random_patches(count: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(0, 256, (count, 1176), generator=generator, dtype=torch.uint8)


def stored_code(stored: dict[str, torch.Tensor]) -> torch.Tensor:
    return next(value for key, value in stored.items() if key.endswith(".quant_map"))
