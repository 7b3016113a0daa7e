"""Answers of transformers itself, from unquantized weights, to compare the 4-bit model with.

Shares with ``glmv`` how media become a prompt and how text is parted; the network, its weights and the decode
loop are those of the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import Glm4vMoeForConditionalGeneration

from glmv_cli.events import AnswerDelta
from glmv_cli.media.frames import DecodedImage, DecodedMedia
from glmv_cli.media.load import load
from glmv_cli.messages import MediaPart, MediaSource, Message, TextPart
from glmv_cli.parsing.boxes import find_boxes, to_pixels
from glmv_cli.parsing.markup import Markup
from glmv_cli.parsing.stream import StreamParser
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.prompt.inputs import ModelInputs
from tools.demo_model.asking import MAX_TOKENS, Question
from tools.demo_model.grading import Rectangle, Reply


class Reference:
    """A plain Hugging Face directory, computed in float32."""

    def __init__(self, directory: Path) -> None:
        self.name = f"{directory.name} (transformers)"
        self._builder = PromptBuilder(directory)
        self._model = Glm4vMoeForConditionalGeneration.from_pretrained(
            directory, dtype=torch.float32, local_files_only=True
        )

    def ask(self, questions: Sequence[Question], think: bool) -> list[Reply]:
        return [self._ask(question, think) for question in questions]

    def _ask(self, question: Question, think: bool) -> Reply:
        source = MediaSource(question.path.name, question.path)
        message = Message("user", (MediaPart(source), TextPart(question.prompt)))
        decoded = load(source, sampler=self._builder.sight.sampler)
        inputs = self._builder.build([message], {source: decoded}, think)
        return _reply(self._generate(inputs), inputs, decoded)

    @torch.inference_mode()
    def _generate(self, inputs: ModelInputs) -> str:
        """The continuation as text, special tokens included, without the token that ended it."""
        given: dict[str, Any] = {
            "input_ids": inputs.ids,
            "attention_mask": torch.ones_like(inputs.ids),
            "mm_token_type_ids": inputs.kinds,
        }
        if inputs.images:
            given |= {"pixel_values": inputs.images.values(), "image_grid_thw": inputs.images.grids}
        if inputs.videos:
            given |= {"pixel_values_videos": inputs.videos.values(), "video_grid_thw": inputs.videos.grids}
        output = self._model.generate(**given, do_sample=False, max_new_tokens=MAX_TOKENS)
        ids = output[0, inputs.ids.shape[1] :].tolist()
        if ids and ids[-1] in self._stop_ids():
            ids.pop()
        return str(self._builder.tokenizer.decode(ids, skip_special_tokens=False))

    def _stop_ids(self) -> list[int]:
        stop = self._model.generation_config.eos_token_id
        return [stop] if isinstance(stop, int) else list(stop or ())


def _reply(text: str, inputs: ModelInputs, decoded: DecodedMedia) -> Reply:
    parser = StreamParser(Markup(), inputs.starts_in_thinking)
    answer = thinking = ""
    for delta in [*parser.feed(text), *parser.flush()]:
        if isinstance(delta, AnswerDelta):
            answer += delta.text
        else:
            thinking += delta.text
    return Reply(answer, thinking, tuple(_rectangles(answer, decoded)))


def _rectangles(answer: str, decoded: DecodedMedia) -> list[Rectangle]:
    size = decoded if isinstance(decoded, DecodedImage) else decoded.info
    boxes = [to_pixels(box, size.width, size.height) for box in find_boxes(answer)]
    return [(b.x1, b.y1, b.x2, b.y2) for b in boxes]
