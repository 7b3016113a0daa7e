"""Messages and their decoded media → :class:`ModelInputs`, as the checkpoint's own template and processors say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path

import torch
from jinja2 import TemplateError
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glmv_cli.errors import ModelError
from glmv_cli.families import family_of
from glmv_cli.media.frames import DecodedImage, DecodedMedia, DecodedVideo
from glmv_cli.media.naming import naming
from glmv_cli.media.outlook import Outlook
from glmv_cli.messages import MediaPart, MediaSource, Message, SeeingOptions, TextPart
from glmv_cli.prompt.account import Account, Share
from glmv_cli.prompt.inputs import IMAGE, VIDEO, ModelInputs, Vision
from glmv_cli.prompt.pixels import Grid, tokens_of
from glmv_cli.prompt.sight import IMAGE_TOKEN, VIDEO_END, VIDEO_START, VIDEO_TOKEN, Sight
from glmv_cli.prompt.vision import vision_of
from glmv_cli.store.checkpoint_files import CONFIG
from glmv_cli.store.json_files import read_json
from glmv_cli.store.models import only_reads

_AS_TRAINED = SeeingOptions()
_THINK_OPEN, _THINK_CLOSE = "<think>", "</think>"
_USERS_OWN = ("<think>", "</think>", "/nothink", "/think")
"""Marks that people may write themselves; all other special tokens in their text are defused."""


class PromptBuilder:
    """The tokenizer and chat template of one checkpoint, and its processors, if it sees."""

    def __init__(self, directory: Path) -> None:
        """Raises :class:`ModelError` if a file of the processor is missing or unusable."""
        self._name = directory.name
        self._family = family_of(read_json(directory / CONFIG).get("model_type"), self._name)
        self._tokenizer = _load_tokenizer(directory)
        self._eyes = Sight.of(directory) if self._family.sees else None
        special = [str(t) for t in self._tokenizer.get_added_vocab() if str(t) not in _USERS_OWN]
        if self._family.sees and (lacking := {IMAGE_TOKEN, VIDEO_TOKEN, VIDEO_START, VIDEO_END} - set(special)):
            raise ModelError(f"the tokenizer in {directory} lacks {min(lacking)}", "is it that of a GLM-V model?")
        self._special = re.compile("|".join(map(re.escape, sorted(special, key=len, reverse=True))) or r"(?!)")
        self.after_thinking = self._text_after_thinking()
        """What the template puts between the end of the thinking and the answer."""
        hello = [Message("user", (TextPart("Hello"),))]
        self.can_skip_thinking = self._render(hello, (), think=False) != self._render(hello, (), think=True)
        """Whether the template knows of a switch; that of GLM-4.1V does not."""

    @property
    def sight(self) -> Sight:
        """How it sees. Raises :class:`UsageError` for a model that only reads."""
        if self._eyes is None:
            raise only_reads(self._name, self._family)
        return self._eyes

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The checkpoint's tokenizer."""
        return self._tokenizer

    def build(
        self,
        messages: Sequence[Message],
        media: Mapping[MediaSource, DecodedMedia],
        think: bool,
        seeing: SeeingOptions = _AS_TRAINED,
    ) -> ModelInputs:
        """The prompt for the next answer. Every source in ``messages`` is looked up in ``media``.

        Raises :class:`MediaError` for media that the family's processors refuse, and :class:`UsageError` for a budget
        of ``seeing`` that cannot be kept.
        """
        sources = sources_of(messages)
        films = [film for source in sources if isinstance(film := media[source], DecodedVideo)]
        images = videos = None
        if sources:
            sight = self.sight.within(seeing)
            shown = [(source, media[source]) for source in sources]
            images = vision_of([item for item in shown if isinstance(item[1], DecodedImage)], sight.image_rules)
            videos = vision_of([item for item in shown if isinstance(item[1], DecodedVideo)], sight.video_rules)
        text = self._render(messages, {s for s in sources if isinstance(media[s], DecodedVideo)}, think)
        expanded = self._expand(
            text,
            iter([self.sight.image_text(grid) for grid in _grids(images)]),
            iter([self.sight.video_text(film.times, grid) for film, grid in zip(films, _grids(videos), strict=True)]),
        )
        encoded = self._tokenizer(expanded, add_special_tokens=False)["input_ids"]
        ids = torch.tensor([encoded])  # [1, L]
        return ModelInputs(
            ids=ids,
            kinds=self._kinds(ids),
            images=images,
            videos=videos,
            starts_in_thinking=text.rstrip().endswith(_THINK_OPEN),
        )

    def account(
        self,
        messages: Sequence[Message],
        outlooks: Mapping[MediaSource, Outlook],
        think: bool,
        seeing: SeeingOptions = _AS_TRAINED,
    ) -> Account:
        """What the prompt will take, before anything is decoded; of a damaged film it may become something else.

        Raises as :meth:`build` does.
        """
        sources = sources_of(messages)
        films = {source: film for source in sources if not isinstance(film := outlooks[source], tuple)}
        text = self._render(messages, films, think)
        if not sources:
            return Account(self._length(text))
        sight = self.sight.within(seeing)
        shares = []
        for source in sources:
            with naming(source):
                shares.append(self._share(source, outlooks[source], sight))
        timed = ["".join(sight.patch_texts(films[source].times)) for source in sources if source in films]
        pictures = len(sources) - len(timed)  # one token stands for each, and none for films
        length = self._length(self._expand(text, repeat(IMAGE_TOKEN), iter(timed))) - pictures
        return Account(length, tuple(shares), self.sight.image_rules, self.sight.video_rules, seeing)

    def _share(self, source: MediaSource, known: Outlook, sight: Sight) -> Share:
        if isinstance(known, tuple):
            return Share(source, known, tokens_of(1, *known, sight.image_rules))
        size, frames = (known.info.height, known.info.width), len(known.times)
        marks = tuple(map(len, self._tokenizer(sight.patch_texts(known.times), add_special_tokens=False)["input_ids"]))
        return Share(source, size, tokens_of(frames, *size, sight.video_rules), marks)

    def _length(self, text: str) -> int:
        """In tokens."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _render(self, messages: Sequence[Message], films: Collection[MediaSource], think: bool) -> str:
        def content(message: Message) -> str | list[dict[str, str]]:
            # Text alone goes in as a string: the template of GLM-4.1V takes nothing else of a system message.
            if all(isinstance(p, TextPart) for p in message.parts):
                return "".join(part(p)["text"] for p in message.parts)
            return [part(p) for p in message.parts]

        def part(item: TextPart | MediaPart) -> dict[str, str]:
            if isinstance(item, TextPart):
                return {"type": "text", "text": self._special.sub(_defuse, item.text)}
            return {"type": "video" if item.source in films else "image"}

        conversation = [{"role": m.role, "content": content(m)} for m in messages]
        try:
            rendered = self._tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=True, enable_thinking=think
            )
        except TemplateError as error:
            raise ModelError(f"the chat template fails: {error}", "copy the checkpoint again") from error
        return str(rendered)

    def _text_after_thinking(self) -> str:
        """Found by rendering an answer; a broken template shows here."""
        answered = [Message("user", (TextPart("Hello"),)), Message("assistant", (TextPart("Hi"),))]
        _, close, after = self._render(answered, (), think=True).rpartition(_THINK_CLOSE)
        return after[: len(after) - len(after.lstrip())] if close else ""

    @staticmethod
    def _expand(text: str, images: Iterator[str], videos: Iterator[str]) -> str:
        """Every placeholder becomes as many tokens as its picture or film takes."""
        return re.sub(
            f"{re.escape(IMAGE_TOKEN)}|{re.escape(VIDEO_TOKEN)}",
            lambda found: next(images if found[0] == IMAGE_TOKEN else videos),
            text,
        )

    def _kinds(self, ids: torch.Tensor) -> torch.Tensor:
        """Image tokens between the marks of a film belong to it."""
        if self._eyes is None:
            return torch.zeros_like(ids, dtype=torch.int)
        image, start, end = (self._tokenizer.convert_tokens_to_ids(t) for t in (IMAGE_TOKEN, VIDEO_START, VIDEO_END))
        in_video = (ids == start).cumsum(-1) > (ids == end).cumsum(-1)
        kinds: torch.Tensor = (ids == image) * torch.where(in_video, VIDEO, IMAGE)
        return kinds.int()


def sources_of(messages: Sequence[Message]) -> list[MediaSource]:
    """All media, in order; what is shown twice is there twice."""
    return [part.source for message in messages for part in message.parts if isinstance(part, MediaPart)]


def _defuse(found: re.Match[str]) -> str:
    """A special token in somebody's text → the same to the eye, but plain text to the tokenizer."""
    return f"{found[0][0]}\u200b{found[0][1:]}"


def _grids(vision: Vision | None) -> list[Grid]:
    return [] if vision is None else [(t, h, w) for t, h, w in vision.grids.tolist()]


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
