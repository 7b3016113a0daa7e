"""Messages and their decoded media → :class:`ModelInputs`, as the checkpoint's own template and processors say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from jinja2 import TemplateError
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glmv_cli.errors import ModelError
from glmv_cli.families import video_rule_of
from glmv_cli.media.frames import DecodedImage, DecodedVideo, FrameSampler
from glmv_cli.messages import MediaPart, MediaSource, Message, TextPart
from glmv_cli.prompt.inputs import IMAGE, VIDEO, ModelInputs, Vision
from glmv_cli.prompt.patches import Grid, PixelRules, patchify, target_size
from glmv_cli.prompt.sampling import frame_sampler
from glmv_cli.store.json_files import read_json

DecodedMedia = DecodedImage | DecodedVideo

_IMAGE_TOKEN, _VIDEO_TOKEN = "<|image|>", "<|video|>"
_IMAGE_FRAME = "<|begin_of_image|>{tokens}<|end_of_image|>"
_VIDEO_START, _VIDEO_END = "<|begin_of_video|>", "<|end_of_video|>"
_THINK_OPEN = "<think>"
_OLDEST_RULE = "Glm4vVideoProcessor"
"""Checkpoints from before there were others do not name theirs."""
_USERS_OWN = ("<think>", "</think>", "/nothink", "/think")
"""Marks that people may write themselves; all other special tokens in their text are defused."""


class PromptBuilder:
    """The tokenizer, chat template and pixel rules of one checkpoint."""

    def __init__(self, directory: Path) -> None:
        """Raises :class:`ModelError` if a file of the processor is missing or unusable."""
        self._tokenizer = _load_tokenizer(directory)
        image_config = read_json(directory / "preprocessor_config.json")
        video_config = read_json(directory / "video_preprocessor_config.json", default=image_config)
        self._image_rules = PixelRules.from_config(image_config, directory / "preprocessor_config.json")
        self._video_rules = PixelRules.from_config(video_config, directory / "video_preprocessor_config.json")
        self._video_rule = video_rule_of(video_config.get("video_processor_type", _OLDEST_RULE), directory.name)
        self.frame_sampler: FrameSampler = frame_sampler(self._video_rule, video_config)
        special = [str(t) for t in self._tokenizer.get_added_vocab() if str(t) not in _USERS_OWN]
        if lacking := {_IMAGE_TOKEN, _VIDEO_TOKEN, _VIDEO_START, _VIDEO_END} - set(special):
            raise ModelError(f"the tokenizer in {directory} lacks {min(lacking)}", "is it that of a GLM-V model?")
        self._special = re.compile("|".join(map(re.escape, sorted(special, key=len, reverse=True))))
        self._render([Message("user", (TextPart("Hello"),))], {}, think=True)  # a broken template shows here

    def fit_frames(self, count: int, height: int, width: int) -> tuple[int, int]:
        """The size in which ``count`` frames of a film are shown to the model."""
        return target_size(count, height, width, self._video_rules)

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The checkpoint's tokenizer."""
        return self._tokenizer

    def build(self, messages: Sequence[Message], media: Mapping[MediaSource, DecodedMedia], think: bool) -> ModelInputs:
        """The prompt for the next answer. Every source in ``messages`` is looked up in ``media``.

        Raises :class:`MediaError` for media that the family's processors refuse.
        """
        used = [media[p.source] for m in messages for p in m.parts if isinstance(p, MediaPart)]
        images = [patchify(d.pixels[None], self._image_rules) for d in used if isinstance(d, DecodedImage)]
        films = [d for d in used if isinstance(d, DecodedVideo)]
        videos = [patchify(d.frames, self._video_rules, (d.info.height, d.info.width)) for d in films]
        text = self._render(messages, media, think)
        expanded = self._expand(
            text,
            iter([self._image_text(grid) for _, grid in images]),
            iter([self._video_text(f, grid) for f, (_, grid) in zip(films, videos, strict=True)]),
        )
        encoded = self._tokenizer(expanded, add_special_tokens=False)["input_ids"]
        ids = torch.tensor([encoded])  # [1, L]
        return ModelInputs(
            ids=ids,
            kinds=self._kinds(ids),
            images=_vision(images),
            videos=_vision(videos),
            starts_in_thinking=text.rstrip().endswith(_THINK_OPEN),
        )

    def _render(self, messages: Sequence[Message], media: Mapping[MediaSource, DecodedMedia], think: bool) -> str:
        def part(item: TextPart | MediaPart) -> dict[str, str]:
            if isinstance(item, TextPart):
                return {"type": "text", "text": self._special.sub(_defuse, item.text)}
            return {"type": "image" if isinstance(media[item.source], DecodedImage) else "video"}

        conversation = [{"role": m.role, "content": [part(p) for p in m.parts]} for m in messages]
        try:
            rendered = self._tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=True, enable_thinking=think
            )
        except TemplateError as error:
            raise ModelError(f"the chat template fails: {error}", "copy the checkpoint again") from error
        return str(rendered)

    @staticmethod
    def _expand(text: str, images: Iterator[str], videos: Iterator[str]) -> str:
        """Every placeholder becomes as many tokens as its picture or film takes."""
        return re.sub(
            f"{re.escape(_IMAGE_TOKEN)}|{re.escape(_VIDEO_TOKEN)}",
            lambda found: next(images if found[0] == _IMAGE_TOKEN else videos),
            text,
        )

    def _image_text(self, grid: Grid) -> str:
        return _IMAGE_TOKEN * self._image_rules.tokens(grid)

    def _video_text(self, film: DecodedVideo, grid: Grid) -> str:
        """Each temporal patch, with the time of its first frame. Its tokens are image tokens: the family's choice."""
        steps, height, width = grid
        frame = _IMAGE_FRAME.format(tokens=_IMAGE_TOKEN * self._video_rules.tokens((1, height, width)))
        starts = film.times[:: self._video_rules.temporal_patch_size]
        return "".join(frame + self._video_rule.time_text(time) for time in starts[:steps])

    def _kinds(self, ids: torch.Tensor) -> torch.Tensor:
        """Image tokens between the marks of a film belong to it."""
        image, start, end = (self._tokenizer.convert_tokens_to_ids(t) for t in (_IMAGE_TOKEN, _VIDEO_START, _VIDEO_END))
        in_video = (ids == start).cumsum(-1) > (ids == end).cumsum(-1)
        kinds: torch.Tensor = (ids == image) * torch.where(in_video, VIDEO, IMAGE)
        return kinds.int()


def _defuse(found: re.Match[str]) -> str:
    """A special token in somebody's text → the same to the eye, but plain text to the tokenizer."""
    return f"{found[0][0]}\u200b{found[0][1:]}"


def _vision(patched: Sequence[tuple[torch.Tensor, Grid]]) -> Vision | None:
    if not patched:
        return None
    return Vision(torch.cat([p for p, _ in patched]), torch.tensor([grid for _, grid in patched]))


def _load_tokenizer(directory: Path) -> PreTrainedTokenizerFast:
    if not (directory / "tokenizer.json").exists():
        raise ModelError(f"{directory} lacks tokenizer.json", "copy the checkpoint again")
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises bare Exception for a damaged file
        raise ModelError(f"cannot read the tokenizer in {directory}: {error}", "copy the checkpoint again") from error
    if not tokenizer.chat_template:
        raise ModelError(f"{directory} has no chat template", "expected chat_template.jinja beside the tokenizer")
    return tokenizer
