"""Training state → the two checkpoints of the repository: ``python -m tools.demo_model.export runs/demo``.

The bf16 original, laid out as the released checkpoints are, one tensor an expert; and from it, by glmv's own quantizer,
the 4-bit checkpoint that the package ships.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import Glm4vMoeConfig

from glmv_cli.model.quantizer import quantize_checkpoint
from tools.demo_model.config import generation_config, image_processor_config, model_config, video_processor_config
from tools.demo_model.tokenizer import SPECIAL_TOKENS, load_tokenizer

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
ORIGINAL = _ROOT / "tests" / "data" / "demo-bf16"
SHIPPED = _ROOT / "glmv_cli" / "demo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the --out of tools.demo_model.train")
    parser.add_argument("--original", type=Path, default=ORIGINAL)
    parser.add_argument("--shipped", type=Path, default=SHIPPED)
    args = parser.parse_args()
    state = torch.load(args.run / "state.pt", weights_only=True)
    tokenizer = load_tokenizer()
    write_original(args.original, state["model"], model_config(tokenizer), tokenizer)
    shutil.rmtree(args.shipped, ignore_errors=True)
    quantize_checkpoint(args.original, args.shipped)
    for directory in (args.original, args.shipped):
        size = sum(f.stat().st_size for f in directory.iterdir())
        print(f"{directory}: {size:,} bytes, from {state['stage']} step {state['step']}")


def write_original(
    directory: Path, weights: dict[str, torch.Tensor], config: Glm4vMoeConfig, tokenizer: Tokenizer
) -> None:
    """A directory as ``from_pretrained`` and the quantizer take it."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    save_file(hub_tensors(weights), directory / "model.safetensors", metadata={"format": "pt"})
    config.architectures = ["Glm4vMoeForConditionalGeneration"]
    config.dtype = torch.bfloat16
    tokenizer.save(str(directory / "tokenizer.json"))
    shutil.copyfile(_HERE / "chat_template.jinja", directory / "chat_template.jinja")
    for name, content in (
        ("config.json", config.to_dict()),
        ("generation_config.json", generation_config(config)),
        ("preprocessor_config.json", image_processor_config()),
        ("video_preprocessor_config.json", video_processor_config()),
        ("tokenizer_config.json", _tokenizer_config()),
    ):
        (directory / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def hub_tensors(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights in bf16 under the released keys: ``experts.gate_up_proj`` cut into its experts and halves."""
    tensors: dict[str, torch.Tensor] = {}
    for name, weight in weights.items():
        base, _, last = name.rpartition(".")
        if last == "e_score_correction_bias":
            tensors[name] = weight.float()
        elif last == "gate_up_proj":
            for number, expert in enumerate(weight):  # [2I, H]
                gate, up = expert.chunk(2)
                tensors[f"{base}.{number}.gate_proj.weight"] = gate.bfloat16().clone()
                tensors[f"{base}.{number}.up_proj.weight"] = up.bfloat16().clone()
        elif last == "down_proj" and weight.ndim == 3:
            for number, expert in enumerate(weight):  # [H, I]
                tensors[f"{base}.{number}.down_proj.weight"] = expert.bfloat16().clone()
        else:
            tensors[name] = weight.bfloat16().contiguous()
    return tensors


def _tokenizer_config() -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "processor_class": "Glm4vProcessor",
        "clean_up_tokenization_spaces": False,
        "padding_side": "left",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "extra_special_tokens": [t for t in SPECIAL_TOKENS if t not in ("<think>", "</think>")],
        "model_max_length": 4096,
    }


if __name__ == "__main__":
    main()
