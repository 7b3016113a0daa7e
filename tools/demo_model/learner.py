"""The network while it learns: losses, optimizers, and its state on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import distributed, nn
from torch.nn import functional as F
from transformers import Glm4vMoeConfig, Glm4vMoeForConditionalGeneration
from transformers.models.glm4v_moe.modeling_glm4v_moe import Glm4vMoeTextTopkRouter

from tools.demo_model.batches import TextBatch, VisionBatch
from tools.demo_model.samples import UNTRAINED
from tools.demo_model.scene import COLORS, GROUNDS, KINDS

_BALANCE_RATE = 1e-3
"""Step of the routers' correction biases toward even load, as in DeepSeek-V3 (arXiv:2408.15664)."""


class DenseHead(nn.Module):
    """Names what lies under every merged vision token. Supervises the vision tower; thrown away at the end."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sizes = [1 + len(KINDS), 1 + len(COLORS), 4, len(GROUNDS), 2]
        self.proj = nn.Linear(width, sum(self.sizes))

    def forward(self, features: torch.Tensor, batch: VisionBatch) -> torch.Tensor:
        """``[n, width]`` → the mean loss."""
        kind, color, box, ground, moves = self.proj(features.float()).split(self.sizes, dim=-1)
        there = batch.kind > 0
        tokens = batch.grids.prod(-1) // 4
        loss = F.cross_entropy(kind, batch.kind) + F.cross_entropy(color, batch.color)
        loss = loss + F.cross_entropy(ground, batch.ground.repeat_interleave(tokens))
        if there.any():
            loss = loss + 10 * F.l1_loss(box[there].sigmoid(), batch.box[there])
            loss = loss + F.cross_entropy(kind[there], batch.kind[there])
            loss = loss + F.cross_entropy(moves[there], batch.moves[there])
        return loss

    def accuracy(self, features: torch.Tensor, batch: VisionBatch) -> tuple[float, float, float]:
        """Share of covered tokens whose kind and colour are right, and the mean box error (fractions)."""
        kind, color, box, _, _ = self.proj(features.float()).split(self.sizes, dim=-1)
        there = batch.kind > 0
        right_kind = (kind.argmax(-1) == batch.kind)[there].float().mean().item()
        right_color = (color.argmax(-1) == batch.color)[there].float().mean().item()
        return right_kind, right_color, F.l1_loss(box[there].sigmoid(), batch.box[there]).item()


class Learner:
    """The model, its dense head and its optimizers; Muon for matrices, AdamW for the rest."""

    def __init__(self, config: Glm4vMoeConfig, seed: int, rate: float, tower_rate: float) -> None:
        torch.manual_seed(seed)
        self.model = Glm4vMoeForConditionalGeneration(config)
        self.model.set_experts_implementation("eager")
        self.head = DenseHead(config.vision_config.out_hidden_size)
        self.routers = [m for m in self.model.modules() if isinstance(m, Glm4vMoeTextTopkRouter)]
        self._load = [torch.zeros(r.num_experts) for r in self.routers]
        for number, router in enumerate(self.routers):
            router.register_forward_hook(self._counting(number))
        self._rates = (rate, tower_rate)
        self.optimizers = self._make_optimizers()

    def _counting(self, number: int) -> Callable[[nn.Module, object, tuple[torch.Tensor, ...]], None]:
        """A forward hook that counts how often the router with this number chooses each expert."""

        def count(module: nn.Module, args: object, output: tuple[torch.Tensor, ...]) -> None:
            chosen = output[2].reshape(-1)
            self._load[number] += torch.bincount(chosen, minlength=len(self._load[number])).float()

        return count

    def _make_optimizers(self) -> list[torch.optim.Optimizer]:
        rate, tower_rate = self._rates
        matrices: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        others: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, p in [*self.model.named_parameters(), *self.head.named_parameters()]:
            in_tower = "visual" in name
            hidden = p.ndim == 2 and "embed" not in name and "lm_head" not in name and "gate.weight" not in name
            (matrices if hidden and name != "proj.weight" else others)[in_tower].append(p)
        muon = [{"params": matrices[t], "lr": r, "full_rate": r} for t, r in ((False, rate), (True, tower_rate))]
        adam = [{"params": others[t], "lr": r, "full_rate": r} for t, r in ((False, rate), (True, tower_rate))]
        return [
            torch.optim.Muon(muon, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(adam, betas=(0.9, 0.95), weight_decay=0.01),
        ]

    def see(self, batch: VisionBatch) -> torch.Tensor:
        """Merged vision tokens ``[n, width]``."""
        features: torch.Tensor = self.model.model.visual(batch.patches, grid_thw=batch.grids).pooler_output
        return features

    def talk_loss(self, batch: TextBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Sum of cross-entropy over learnt tokens, their number, and the dense loss."""
        inner = self.model.model
        embeds = inner.get_input_embeddings()(batch.ids)  # [b, l, width]
        features = self.see(batch.vision)
        holes = (batch.ids == self.model.config.image_token_id)[..., None].expand_as(embeds)
        embeds = embeds.masked_scatter(holes, features.to(embeds.dtype))
        hidden = inner.language_model(
            inputs_embeds=embeds, attention_mask=batch.mask, position_ids=batch.positions, use_cache=False
        ).last_hidden_state
        targets = batch.labels[:, 1:]
        learnt = targets != UNTRAINED
        logits = self.model.lm_head(hidden[:, :-1][learnt]).float()
        loss = F.cross_entropy(logits, targets[learnt], reduction="sum")
        return loss, learnt.sum(), self.head(features, batch.vision)

    def step(self, factor: float) -> None:
        """One optimizer step at ``factor`` × the full rates, on the gradients of all ranks together."""
        share = [p.grad for p in [*self.model.parameters(), *self.head.parameters()] if p.grad is not None]
        share += self._load
        flat = torch.cat([t.flatten() for t in share])
        distributed.all_reduce(flat)
        for mine, total in zip(share, flat.split([t.numel() for t in share]), strict=True):
            mine.copy_(total.view_as(mine))
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        for router, load in zip(self.routers, self._load, strict=True):
            router.e_score_correction_bias += _BALANCE_RATE * torch.sign(load.mean() - load)
            load.zero_()

    def save(self, path: Path, stage: str, step: int) -> None:
        state = {
            "stage": stage,
            "step": step,
            "model": self.model.state_dict(),
            "head": self.head.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def adopt(self, checkpoint: Path) -> None:
        """Takes the weights of a 16-bit checkpoint; the head and the optimizers stay as they are, new."""
        trained = Glm4vMoeForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32)
        self.model.load_state_dict(trained.state_dict())

    def load(self, path: Path) -> tuple[str, int]:
        """Restores everything; returns the stage and the number of steps done in it."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.head.load_state_dict(state["head"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            rates = [g["full_rate"] for g in optimizer.param_groups]
            optimizer.load_state_dict(saved)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["full_rate"] = rate
        return state["stage"], state["step"]
