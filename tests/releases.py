"""What sets the released models apart, in small: their config.json, processor configs and chat template.

The keys are those of the released files, and so is everything that is not a size or a token id; widths are multiples
of 64, and the ids are those of the demo's tokenizer, which all of them share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VOCABULARY = 640
EOS = [0, 7, 9]
_TOKENS = {
    "image_start_token_id": 10, "image_end_token_id": 11, "video_start_token_id": 12, "video_end_token_id": 13,
    "image_token_id": 14, "video_token_id": 15,
}  # fmt: skip
_MROPE = [2, 3, 3]  # of the 16 rotated of 32 dimensions; [8, 12, 12] of 128 as released

_VISION: dict[str, Any] = {
    "attention_bias": False, "attention_dropout": 0.0, "depth": 2, "hidden_act": "silu", "hidden_size": 64,
    "image_size": 140, "in_channels": 3, "initializer_range": 0.02, "intermediate_size": 192, "num_heads": 2,
    "out_hidden_size": 128, "patch_size": 14, "rms_norm_eps": 1e-05, "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}  # fmt: skip
_TEXT: dict[str, Any] = {
    "pad_token_id": 0, "eos_token_id": EOS, "vocab_size": VOCABULARY, "attention_dropout": 0.0, "hidden_act": "silu",
    "hidden_size": 128, "initializer_range": 0.02, "intermediate_size": 192, "max_position_embeddings": 4096,
    "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-05, "use_cache": True,
}  # fmt: skip
_MOE: dict[str, Any] = _TEXT | {
    "attention_bias": True, "head_dim": 32, "first_k_dense_replace": 1, "moe_intermediate_size": 64,
    "n_group": 1, "n_routed_experts": 8, "n_shared_experts": 1, "norm_topk_prob": True, "num_experts_per_tok": 2,
    "num_hidden_layers": 3, "partial_rotary_factor": 0.5, "routed_scaling_factor": 1.0, "topk_group": 1,
    "use_qk_norm": False,
}  # fmt: skip
_ROPE_THEN = {
    "rope_scaling": {"rope_type": "default", "mrope_section": _MROPE}, "rope_theta": 10000.0,
    "partial_rotary_factor": 0.5,
}  # fmt: skip
_ROPE_NOW = {
    "rope_parameters": {
        "rope_type": "default", "mrope_section": _MROPE, "rope_theta": 500000, "partial_rotary_factor": 0.5,
    }
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Release:
    """A released model, in small."""

    config: dict[str, Any]
    template: str
    """File under ``tests/data/templates``, or the demo's."""
    processor: str | None
    """``Glm4v`` or ``Glm46V``: what the names of its processor classes begin with. None: text only."""

    @property
    def layers(self) -> int:
        """Decoder layers, without those for multi-token prediction."""
        return int(self.config.get("text_config", self.config)["num_hidden_layers"])

    @property
    def text_prefix(self) -> str:
        """What the released keys of the language model begin with."""
        return "model.language_model." if self.processor else "model."

    @property
    def processor_configs(self) -> dict[str, dict[str, Any]]:
        """File name → content."""
        if self.processor is None:
            return {}
        common = {
            "do_rescale": True, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
            "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
            "processor_class": f"{self.processor}Processor",
        }  # fmt: skip
        image = {"size": {"shortest_edge": 12544, "longest_edge": 9633792}}
        video = {"size": {"shortest_edge": 12544, "longest_edge": 47040000}}
        return {
            "preprocessor_config.json": image | common | {"image_processor_type": f"{self.processor}ImageProcessor"},
            "video_preprocessor_config.json": video
            | common
            | {"video_processor_type": f"{self.processor}VideoProcessor"},
        }


def _sees(model_type: str, model_class: str, text: dict[str, Any], parts: str) -> dict[str, Any]:
    return {
        "architectures": [model_class],
        "model_type": model_type,
        "text_config": text | {"model_type": f"{parts}_text", "dtype": "bfloat16"},
        "vision_config": _VISION | {"model_type": f"{parts}_vision"},
        "tie_word_embeddings": False,
        "dtype": "bfloat16",
        "transformers_version": "4.57.1",
        **_TOKENS,
    }


def _reads(qk_norm: bool, scaling: float) -> dict[str, Any]:
    return _MOE | {
        "architectures": ["Glm4MoeForCausalLM"], "model_type": "glm4_moe", "use_qk_norm": qk_norm,
        "routed_scaling_factor": scaling, "rope_scaling": None, "rope_theta": 1000000, "num_nextn_predict_layers": 1,
        "tie_word_embeddings": False, "dtype": "bfloat16", "transformers_version": "4.54.0",
    }  # fmt: skip


_DENSE = _TEXT | {"num_hidden_layers": 2}

RELEASES = {
    "glm4v_moe": Release(
        _sees("glm4v_moe", "Glm4vMoeForConditionalGeneration", _MOE | _ROPE_THEN, "glm4v_moe"), "glm-4.5v", "Glm4v"
    ),
    "glm4v_moe-4.6": Release(
        _sees("glm4v_moe", "Glm4vMoeForConditionalGeneration", _MOE | _ROPE_NOW, "glm4v_moe"), "glm-4.5v", "Glm46V"
    ),
    "glm4v": Release(
        _sees("glm4v", "Glm4vForConditionalGeneration", _DENSE | _ROPE_THEN, "glm4v"), "glm-4.1v", "Glm4v"
    ),
    "glm46v": Release(
        _sees("glm46v", "Glm46VForConditionalGeneration", _DENSE | _ROPE_NOW, "glm4v"), "glm-4.5v", "Glm46V"
    ),
    "glm4_moe": Release(_reads(qk_norm=True, scaling=2.5), "glm-4.5", None),
    "glm4_moe-air": Release(_reads(qk_norm=False, scaling=1.0), "glm-4.5", None),
    "glm4_moe-4.7": Release(_reads(qk_norm=True, scaling=2.5), "glm-4.7", None),
}
"""GLM-4.5V, 4.6V, 4.1V-9B-Thinking, 4.6V-Flash, GLM-4.5 (as 4.6), 4.5-Air and 4.7."""

GENERATION = {
    "do_sample": True, "eos_token_id": EOS, "pad_token_id": 0, "repetition_penalty": 1.1, "temperature": 1.0,
    "top_k": 1, "top_p": 1e-05,
}  # fmt: skip
