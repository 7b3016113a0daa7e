"""4-bit checkpoint → a ``transformers`` model whose heavy modules are ours.

The model is built without memory for its weights; its linear layers and experts are replaced where the checkpoint
holds packed ones; then every parameter is bound to its tensor, as it lies in the file.
"""

from __future__ import annotations

from pathlib import Path

import torch
import transformers
from accelerate import init_empty_weights
from torch import nn

from glmv_cli.errors import ModelError
from glmv_cli.families import Family, family_of
from glmv_cli.layout import ABSMAX, QUANT_MAP, QUANT_STATE
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.modules import Experts4bit, Linear4bit

_WHOSE = "is config.json the one that belongs to these weights?"


def open_checkpoint(directory: Path) -> tuple[Checkpoint, Family]:
    """What :func:`load_model` takes; raises :class:`ModelError` early, before weights are read."""
    checkpoint = Checkpoint.open(directory)
    family = family_of(checkpoint.config.get("model_type"), directory.name)
    if not any(name.endswith(QUANT_STATE) for name in checkpoint.files):
        raise ModelError(f"{directory} holds no 4-bit weights", "glmv runs checkpoints in its 4-bit format")
    return checkpoint, family


def load_model(
    checkpoint: Checkpoint, family: Family, dtype: torch.dtype = torch.float32
) -> transformers.PreTrainedModel:
    """The model of a 4-bit checkpoint, ready to run on CPU; 16-bit tensors become ``dtype``, scales stay float32.

    Raises :class:`ModelError` for tensors that are missing, superfluous or of the wrong shape.
    """
    model = _empty_model(checkpoint, family)
    packed = _replace_modules(model, checkpoint, family)
    _bind_tensors(model, checkpoint, packed, dtype)
    return model.eval().requires_grad_(False)


def _empty_model(checkpoint: Checkpoint, family: Family) -> transformers.PreTrainedModel:
    model_class: type[transformers.PreTrainedModel] = getattr(transformers, family.model_class)
    plain = {key: value for key, value in checkpoint.config.items() if key != "quantization_config"}
    try:
        config = model_class.config_class.from_dict(plain)
        with init_empty_weights():
            return model_class._from_config(config, attn_implementation="sdpa")
    except Exception as error:  # a foreign config can make the library raise anything
        name = checkpoint.directory / "config.json"
        raise ModelError(f"{name} does not describe a {family.title} model ({error})") from error


def _replace_modules(model: nn.Module, checkpoint: Checkpoint, family: Family) -> dict[str, str]:
    """Puts ours where the checkpoint holds packed weights.

    Returns, for their parameters, the name in the model → the name in the file.
    """
    renamed: dict[str, str] = {}
    for path, module in list(model.named_modules()):
        if type(module).__name__ == family.experts_class and f"{path}.gate_up_proj.{ABSMAX}" in checkpoint.files:
            experts, double, hidden = module.gate_up_proj.shape
            with torch.device("meta"):
                model.set_submodule(path, Experts4bit(experts, hidden, double // 2))
            for proj in ("gate_up_proj", "down_proj"):
                renamed[f"{path}.{proj}_absmax"] = f"{path}.{proj}.{ABSMAX}"
        elif isinstance(module, nn.Linear) and f"{path}.weight.{QUANT_STATE}" in checkpoint.files:
            with torch.device("meta"):
                ours = Linear4bit(module.in_features, module.out_features, module.bias is not None)
            model.set_submodule(path, ours)
            renamed[f"{path}.{ABSMAX}"] = f"{path}.weight.{ABSMAX}"
    return renamed


def _bind_tensors(model: nn.Module, checkpoint: Checkpoint, renamed: dict[str, str], dtype: torch.dtype) -> None:
    """Every parameter and persistent buffer gets the tensor of its name; nothing may be left on either side."""
    slots = model.state_dict(keep_vars=True)
    keys = {path: renamed.get(path, path) for path in slots}
    auxiliary = {name for name in checkpoint.files if name.endswith((QUANT_MAP, QUANT_STATE))}
    if foreign := set(checkpoint.files) - set(keys.values()) - auxiliary:
        raise ModelError(
            f"{checkpoint.directory} holds a tensor that the model does not have: '{min(foreign)}'", _WHOSE
        )
    tensors = checkpoint.read(list(keys.values()))
    flat = {path.removesuffix(ABSMAX) + "weight" for path in renamed if path.endswith(f".{ABSMAX}")}
    bound = {
        path: _fitted(path, slot, tensors[keys[path]], path in flat or path in renamed, dtype)
        for path, slot in slots.items()
    }
    model.load_state_dict(bound, strict=True, assign=True)


def _fitted(path: str, slot: torch.Tensor, tensor: torch.Tensor, flat: bool, dtype: torch.dtype) -> torch.Tensor:
    """The tensor in its slot's shape. Nothing is copied but for another dtype.

    ``flat``: bitsandbytes stores it as one column, or one row; only its number of elements says anything.
    """
    packed = slot.dtype == torch.uint8
    fits = tensor.numel() == slot.numel() if flat else tensor.shape == slot.shape
    if not fits or packed != (tensor.dtype == torch.uint8):
        raise ModelError(
            f"the tensor '{path}' is {tuple(tensor.shape)} {tensor.dtype}, where the model has {tuple(slot.shape)}",
            _WHOSE,
        )
    tensor = tensor.reshape(slot.shape)
    if packed:
        return tensor
    return tensor.to(torch.float32 if path.endswith((ABSMAX, "e_score_correction_bias")) else dtype)
