"""The shape of the demo model and the settings of its processors.

Every number that makes it small stands here; the classes are the ones of the 106 B models.
"""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer
from transformers import Glm4vMoeConfig

IMAGE_BUDGET = {"shortest_edge": 2 * 112 * 112, "longest_edge": 2 * 140 * 196}
"""Pixels counted over two frames, as the family's ``smart_resize`` does: at most 35 tokens a picture."""
VIDEO_BUDGET = {"shortest_edge": 2 * 112 * 112, "longest_edge": 16 * 112 * 112}
"""Pixels of all frames of a film together."""
_CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
_CLIP_STD = [0.26862954, 0.26130258, 0.27577711]


def model_config(tokenizer: Tokenizer) -> Glm4vMoeConfig:
    """A ``Glm4vMoeConfig`` of about 4 M parameters for the given tokenizer."""

    def token(text: str) -> int:
        found = tokenizer.token_to_id(text)
        assert found is not None, text
        return found

    eos = [token("<|endoftext|>"), token("<|user|>"), token("<|observation|>")]
    text = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 192,
        "intermediate_size": 384,
        "num_hidden_layers": 4,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "moe_intermediate_size": 128,
        "n_routed_experts": 8,
        "num_experts_per_tok": 2,
        "n_shared_experts": 1,
        "first_k_dense_replace": 1,
        "norm_topk_prob": True,
        "max_position_embeddings": 4096,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "partial_rotary_factor": 0.5,
            "mrope_section": [2, 3, 3],
        },
        "initializer_range": 0.04,
        "eos_token_id": eos,
        "pad_token_id": token("<|endoftext|>"),
    }
    vision = {
        "depth": 4,
        "hidden_size": 128,
        "num_heads": 4,
        "image_size": 140,
        "out_hidden_size": 192,
        "intermediate_size": 192,
        "initializer_range": 0.04,
    }
    return Glm4vMoeConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=token("<|image|>"),
        video_token_id=token("<|video|>"),
        image_start_token_id=token("<|begin_of_image|>"),
        image_end_token_id=token("<|end_of_image|>"),
        video_start_token_id=token("<|begin_of_video|>"),
        video_end_token_id=token("<|end_of_video|>"),
    )


def generation_config(config: Glm4vMoeConfig) -> dict[str, Any]:
    """Greedy by default: the demo speaks in fixed forms."""
    text = config.text_config
    return {"do_sample": False, "eos_token_id": text.eos_token_id, "pad_token_id": text.pad_token_id}


def image_processor_config() -> dict[str, Any]:
    return _processor("Glm4vImageProcessor", IMAGE_BUDGET)


def video_processor_config() -> dict[str, Any]:
    extra = {"video_processor_type": "Glm4vVideoProcessor", "fps": 2, "max_duration": 300}
    return _processor("Glm4vImageProcessor", VIDEO_BUDGET) | extra


def _processor(image_processor: str, budget: dict[str, int]) -> dict[str, Any]:
    return {
        "size": budget,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": _CLIP_MEAN,
        "image_std": _CLIP_STD,
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "resample": 3,
        "image_processor_type": image_processor,
        "processor_class": "Glm4vProcessor",
    }
