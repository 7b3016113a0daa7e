"""4-bit checkpoint → a ``transformers`` model whose heavy modules are ours.

The model is built without memory for its weights; modules are replaced by ours where the checkpoint holds packed
weights, and where 16-bit ones shall stay as they lie in the file; then every parameter is bound to its tensor. What a
model of 60 GB copies are its small tensors, and its head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from accelerate import init_empty_weights
from torch import nn

from glmv_cli.errors import ModelError
from glmv_cli.families import Family, family_of
from glmv_cli.kernels import simd
from glmv_cli.kernels.routing import Rule
from glmv_cli.layout import ABSMAX, FLOAT32, QUANT_MAP, QUANT_STATE, residence_of
from glmv_cli.model.attention import Attention4bit
from glmv_cli.model.checkpoint import Checkpoint
from glmv_cli.model.head import Head8bit
from glmv_cli.model.mlp import MLP4bit, Router
from glmv_cli.model.modules import Experts4bit, Linear4bit
from glmv_cli.model.norm import RMSNorm
from glmv_cli.model.precision import CPU_DTYPE
from glmv_cli.model.quant_state import difference
from glmv_cli.model.sixteen import Embedding16, Linear16
from glmv_cli.model.tower import is_in_tower, tower_module
from glmv_cli.placement.plan import CPU, DISK, Plan

_WHOSE = "is config.json the one that belongs to these weights?"
_FLOATS = (torch.bfloat16, torch.float16, torch.float32)


def open_checkpoint(directory: Path) -> tuple[Checkpoint, Family]:
    """What :func:`load_model` takes; raises :class:`ModelError` early, before weights are read."""
    checkpoint = Checkpoint.open(directory)
    family = family_of(checkpoint.config.get("model_type"), directory.name)
    if not any(name.endswith(QUANT_STATE) for name in checkpoint.files):
        raise ModelError(
            f"{directory} holds no 4-bit weights", "'glmv quantize' makes a checkpoint that glmv can run from it"
        )
    return checkpoint, family


def load_model(
    checkpoint: Checkpoint,
    family: Family,
    plan: Plan | None = None,
    dtype: torch.dtype = CPU_DTYPE,
    products: torch.dtype = CPU_DTYPE,
) -> transformers.PreTrainedModel:
    """The model of a 4-bit checkpoint, all on the CPU, which computes in ``dtype``.

    Packed weights and large 16-bit ones are mapped from the file, whatever the ``plan``: from there they are copied
    to GPUs. Only parts for the CPU are put into the form in which a CPU wants them. ``products``: what the factors of
    products without packed weights are rounded to, see :mod:`glmv_cli.model.precision`.

    Raises :class:`ModelError` for tensors that are missing, superfluous, of the wrong shape or type, or packed in
    another way.
    """
    model = _empty_model(checkpoint, family)
    tower_products = products if plan is None or plan.vision == CPU else torch.float32
    with torch.device("meta"):
        for path, module in list(model.named_modules()):
            if is_in_tower(path):
                ours = tower_module(path, module, tower_products)
            else:
                ours = _replacement(path, module, checkpoint, family, dtype, plan is None or plan.head == CPU)
            if isinstance(ours, Attention4bit):
                ours.products = products
            if ours is not None:
                model.set_submodule(path, ours)
    _bind_tensors(model, checkpoint, dtype, plan is not None and all(layer.experts != DISK for layer in plan.layers))
    _check_packing(model, checkpoint)
    return model.eval().requires_grad_(False)


def _empty_model(checkpoint: Checkpoint, family: Family) -> transformers.PreTrainedModel:
    model_class: type[transformers.PreTrainedModel] = getattr(transformers, family.model_class)
    plain = {key: value for key, value in checkpoint.config.items() if key != "quantization_config"}
    try:
        config = model_class.config_class.from_dict(plain)
        if (activation := config.get_text_config().hidden_act) != "silu":
            raise ValueError(f"hidden_act is {activation!r}, where all released ones have 'silu'")
        with init_empty_weights():
            return model_class._from_config(config, attn_implementation="sdpa")
    except Exception as error:  # a foreign config can make the library raise anything
        name = checkpoint.directory / "config.json"
        raise ModelError(f"{name} does not describe a {family.title} model ({error})") from error


def _replacement(
    path: str, module: nn.Module, checkpoint: Checkpoint, family: Family, dtype: torch.dtype, head_on_cpu: bool
) -> nn.Module | None:
    """Our module for the one at ``path``, or None if that of transformers will do."""
    weight = f"{path}.weight"
    if type(module).__name__ == family.experts_class and f"{path}.gate_up_proj.{ABSMAX}" in checkpoint.files:
        experts, double, hidden = module.get_parameter("gate_up_proj").shape
        return Experts4bit(experts, hidden, double // 2)
    if (sublayer := _sublayer(path, module, checkpoint, family)) is not None:
        return sublayer
    if not isinstance(module, (nn.Linear, nn.Embedding)):
        return None
    if isinstance(module, nn.Linear) and f"{weight}.{QUANT_STATE}" in checkpoint.files:
        return Linear4bit(module.in_features, module.out_features, module.bias is not None)
    form = residence_of(weight, 2 * module.weight.numel())
    if form == "float32":
        return None
    if isinstance(module, nn.Embedding):
        return Embedding16(module.num_embeddings, module.embedding_dim, dtype)
    if form == "rows8" and head_on_cpu and simd.functions() is not None:
        return Head8bit(module.out_features, module.in_features)
    return Linear16(module.in_features, module.out_features, module.bias is not None)


def _sublayer(path: str, module: Any, checkpoint: Checkpoint, family: Family) -> nn.Module | None:
    """Our module for a norm, a router, or what has packed linear layers, which are replaced after it."""
    if type(module).__name__.endswith("RMSNorm"):
        return RMSNorm(len(module.weight), module.variance_epsilon)
    if hasattr(module, "e_score_correction_bias"):
        rule = Rule(
            *(module.top_k, module.num_group, module.topk_group),
            *(module.norm_topk_prob, module.routed_scaling_factor),
        )
        return Router(rule, *module.weight.shape)
    parts = [name for name, _ in module.named_children() if name.endswith("_proj")]
    if not parts or any(f"{path}.{name}.weight.{QUANT_STATE}" not in checkpoint.files for name in parts):
        return None
    if "down_proj" in parts:
        return MLP4bit(module)
    if "q_proj" in parts:
        return Attention4bit(module, module.head_dim, module.layer_idx, family.rotary_pairs)
    return None


def _bind_tensors(
    model: transformers.PreTrainedModel, checkpoint: Checkpoint, dtype: torch.dtype, huge_pages: bool
) -> None:
    """Every parameter and persistent buffer gets the tensor of its name; nothing may be left on either side."""
    slots = model.state_dict(keep_vars=True)
    names = _names(model, checkpoint)
    keys = {path: names.get(path, path) for path in slots}
    auxiliary = {name for name in checkpoint.files if name.endswith((QUANT_MAP, QUANT_STATE))}
    if foreign := set(checkpoint.files) - set(keys.values()) - auxiliary:
        raise ModelError(
            f"{checkpoint.directory} holds a tensor that the model does not have: '{min(foreign)}'", _WHOSE
        )
    tensors = checkpoint.read(keys.values(), huge_pages)
    bound = {
        path: _resident(path, _fitted(path, slot, tensors[keys[path]], path in names), dtype)
        for path, slot in slots.items()
    }
    model.load_state_dict(bound, strict=True, assign=True)
    for module in model.modules():
        if isinstance(module, Head8bit):
            module.compress()


def _check_packing(model: transformers.PreTrainedModel, checkpoint: Checkpoint) -> None:
    """By what bitsandbytes writes beside each linear layer. Fused experts have nothing but their shapes."""
    linears = {f"{path}.weight": m for path, m in model.named_modules() if isinstance(m, Linear4bit)}
    said = checkpoint.read(f"{name}.{suffix}" for name in linears for suffix in (QUANT_MAP, QUANT_STATE))
    for name, module in linears.items():
        quant_map, quant_state = (said[f"{name}.{suffix}"].numpy().tobytes() for suffix in (QUANT_MAP, QUANT_STATE))
        shape = (module.out_features, module.in_features)
        if (found := difference(quant_map, quant_state, shape)) is not None:
            raise ModelError(f"{checkpoint.directory} holds '{name}' in another form: {found}", _WHOSE)


def _names(model: transformers.PreTrainedModel, checkpoint: Checkpoint) -> dict[str, str]:
    """Parameters whose tensors have another name, or another shape, in the file: path → name."""
    names: dict[str, str] = {}
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    at = {id(module): path for path, module in model.named_modules()}
    head_weight = f"{at[id(head)]}.weight"
    if model.config.tie_word_embeddings and head_weight not in checkpoint.files:
        names[head_weight] = f"{at[id(embeddings)]}.weight"
    for path, module in model.named_modules():
        if isinstance(module, Linear4bit):
            # bitsandbytes stores these as one column, and one row.
            names |= {f"{path}.weight": f"{path}.weight", f"{path}.absmax": f"{path}.weight.{ABSMAX}"}
        elif isinstance(module, Experts4bit):
            names |= {f"{path}.{proj}_absmax": f"{path}.{proj}.{ABSMAX}" for proj in ("gate_up_proj", "down_proj")}
    return names


def _fitted(path: str, slot: torch.Tensor, tensor: torch.Tensor, flat: bool) -> torch.Tensor:
    """The tensor in its slot's shape, without a copy. ``flat``: only its number of elements says anything."""
    fits = tensor.numel() == slot.numel() if flat else tensor.shape == slot.shape
    exact = slot.dtype == torch.uint8 or path.endswith(ABSMAX)
    allowed = (slot.dtype,) if exact else _FLOATS
    if not fits or tensor.dtype not in allowed:
        raise ModelError(
            f"the tensor '{path}' is {tuple(tensor.shape)} {tensor.dtype}, where the model has {tuple(slot.shape)}"
            f" {' or '.join(map(str, allowed))}",
            _WHOSE,
        )
    return tensor.reshape(slot.shape)


def _resident(path: str, tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """As it lies in the file, or, what is small and used at every step, in the precision of the computation."""
    if tensor.dtype == torch.uint8 or residence_of(path, tensor.nbytes) != "float32":
        return tensor
    return tensor.to(torch.float32 if path.endswith(FLOAT32) else dtype)
