"""4-bit checkpoint → a ``transformers`` model whose heavy modules are ours.

The model is built without memory for its weights; its linear layers and experts are replaced where the checkpoint
holds packed ones; then every parameter is bound to its tensor, as it lies in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
import transformers
from accelerate import init_empty_weights
from torch import nn

from glmv_cli.errors import ModelError
from glmv_cli.families import Family, family_of
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.layout import ABSMAX, QUANT_MAP, QUANT_STATE
from glmv_cli.model.modules import Experts4bit, Linear4bit


def load_model(checkpoint: Checkpoint, dtype: torch.dtype = torch.float32) -> transformers.PreTrainedModel:
    """The model of a 4-bit checkpoint, ready to run on CPU; 16-bit tensors become ``dtype``, scales stay float32.

    Raises :class:`ModelError` for an unsupported family, and for tensors that are missing, superfluous or of the
    wrong shape.
    """
    name = checkpoint.directory.name
    family = family_of(checkpoint.config.get("model_type"), name)
    model = _empty_model(checkpoint, family, name)
    _replace_modules(model, checkpoint, family)
    _bind_tensors(model, checkpoint, dtype)
    return model.eval().requires_grad_(False)


def _empty_model(checkpoint: Checkpoint, family: Family, name: str) -> transformers.PreTrainedModel:
    model_class: type[transformers.PreTrainedModel] = getattr(transformers, family.model_class)
    plain = {key: value for key, value in checkpoint.config.items() if key != "quantization_config"}
    try:
        config = model_class.config_class.from_dict(plain)
        with init_empty_weights():
            return model_class._from_config(config, attn_implementation="sdpa")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{name}: config.json does not describe a {family.title} model ({error})") from error


def _replace_modules(model: nn.Module, checkpoint: Checkpoint, family: Family) -> None:
    for path, module in list(model.named_modules()):
        replacement: nn.Module | None = None
        if type(module).__name__ == family.experts_class and f"{path}.gate_up_proj.{ABSMAX}" in checkpoint.files:
            experts, double, hidden = module.gate_up_proj.shape
            with torch.device("meta"):
                replacement = Experts4bit(experts, hidden, double // 2)
        elif isinstance(module, nn.Linear) and f"{path}.weight.{QUANT_STATE}" in checkpoint.files:
            with torch.device("meta"):
                replacement = Linear4bit(module.in_features, module.out_features, module.bias is not None)
        if replacement is not None:
            model.set_submodule(path, replacement)


def _bind_tensors(model: nn.Module, checkpoint: Checkpoint, dtype: torch.dtype) -> None:
    """Every parameter and persistent buffer gets the tensor of its name; nothing may be left on either side."""
    keys = {path: _key_in_file(path) for path in model.state_dict()}
    auxiliary = {name for name in checkpoint.files if name.endswith((QUANT_MAP, QUANT_STATE))}
    if foreign := set(checkpoint.files) - set(keys.values()) - auxiliary:
        raise ModelError(
            f"{checkpoint.directory} holds a tensor that the model does not have: '{min(foreign)}'",
            "is config.json the one that belongs to these weights?",
        )
    tensors = checkpoint.read(list(keys.values()))
    bound = {path: _fitted(path, slot, tensors[keys[path]], dtype) for path, slot in _slots(model)}
    model.load_state_dict(bound, strict=True, assign=True)


def _slots(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from model.state_dict(keep_vars=True).items()


def _key_in_file(path: str) -> str:
    """``….weight`` and its ``….absmax`` of ours → the key under which the file has it."""
    for ours, theirs in (
        ("_proj_absmax", f"_proj.{ABSMAX}"),
        (f"_proj.{ABSMAX}", f"_proj.weight.{ABSMAX}"),
    ):
        if path.endswith(ours):
            return path.removesuffix(ours) + theirs
    return path


def _fitted(path: str, slot: torch.Tensor, tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The tensor in its slot's shape; packed layers lie flat in the file. Nothing is copied but for another dtype."""
    packed = slot.dtype == torch.uint8
    scale = path.endswith((ABSMAX, "e_score_correction_bias"))
    if tensor.numel() != slot.numel() or packed != (tensor.dtype == torch.uint8):
        raise ModelError(
            f"the tensor '{path}' is {tuple(tensor.shape)} {tensor.dtype}, where the model has {tuple(slot.shape)}",
            "is config.json the one that belongs to these weights?",
        )
    tensor = tensor.reshape(slot.shape)
    return tensor if packed else tensor.to(torch.float32 if scale else dtype)


def open_checkpoint(directory: Path) -> Checkpoint:
    """A checkpoint that :func:`load_model` can take; raises :class:`ModelError` early, before weights are read."""
    checkpoint = Checkpoint.open(directory)
    family_of(checkpoint.config.get("model_type"), directory.name)
    if not any(name.endswith(QUANT_STATE) for name in checkpoint.files):
        raise ModelError(f"{directory} holds no 4-bit weights", "glmv runs checkpoints in its 4-bit format")
    return checkpoint
