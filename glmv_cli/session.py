"""One loaded model, and the way from a request to its events."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glmv_cli.engine.local import LocalEngine, Stop, Token
from glmv_cli.engine.sampler import Sampler, make_sampler
from glmv_cli.engine.think_budget import ThinkBudget
from glmv_cli.events import AnswerDelta, Box, Event, Finished, Notice, Offloaded, Progress, Timings, Usage
from glmv_cli.families import Family
from glmv_cli.media.frames import DecodedImage, DecodedVideo
from glmv_cli.media.load import load
from glmv_cli.messages import ChatRequest, MediaPart, MediaSource, SamplingOptions
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.model.offload.attach import Offload, attach_offload
from glmv_cli.model.offload.devices import usable_machine
from glmv_cli.parsing.boxes import find_boxes, to_pixels
from glmv_cli.parsing.markup import Markup
from glmv_cli.parsing.stops import StopFilter
from glmv_cli.parsing.stream import Delta, StreamParser
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.model import read_model
from glmv_cli.placement.planner import make_plan
from glmv_cli.prompt.builder import DecodedMedia, PromptBuilder
from glmv_cli.prompt.inputs import IMAGE, VIDEO, ModelInputs
from glmv_cli.store.json_files import read_json

_NO_WISHES = Wishes()


class Session:
    """Answers requests with one model. Open it once: loading is the dear part."""

    def __init__(self, model: str, engine: LocalEngine, builder: PromptBuilder, family: Family,
                 generation: dict[str, object], offload: Offload, load_s: float,
                 notice: str | None) -> None:  # fmt: skip
        self.model = model
        self._engine = engine
        self._builder = builder
        self._markup = _markup(family)
        self._generation = generation
        self._offload = offload
        self._load_s = load_s
        self._notice = notice

    @classmethod
    def open(cls, directory: Path, name: str, wishes: Wishes = _NO_WISHES) -> Session:
        """Loads the 4-bit checkpoint in ``directory``; ``name`` is what the user calls it.

        It goes where this machine and the ``wishes`` allow. Raises :class:`ModelError` if the checkpoint is
        incomplete, damaged or of an unsupported family, :class:`MemoryShortageError` if it cannot be made to fit, and
        :class:`UsageError` for a context that the model was not made for.
        """
        started = time.perf_counter()
        checkpoint, family = open_checkpoint(directory)
        generation = read_json(directory / "generation_config.json", default=dict(family.generation))
        builder = PromptBuilder(directory)
        machine, notice = usable_machine()
        plan = make_plan(read_model(directory, name).sizes, machine, wishes)
        model = load_model(checkpoint, family)
        offload = attach_offload(model, plan, checkpoint.files)
        stop = generation.get("eos_token_id") or model.config.get_text_config().eos_token_id or ()
        stop_ids = frozenset([stop] if isinstance(stop, int) else stop)
        engine = LocalEngine(network_of(model), builder.tokenizer.backend_tokenizer, stop_ids, plan.context)
        return cls(name, engine, builder, family, generation, offload, time.perf_counter() - started, notice)

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        """The events of one answer, :class:`Finished` last. Closing the iterator cancels it.

        ``max_pixels`` is the largest picture or frame that is decoded. Raises :class:`GlmvError` for media that
        cannot be used and prompts that do not fit.
        """
        started = time.perf_counter()
        before = self._offload.usage()
        if self._notice is not None:
            yield Notice(self._notice)
            self._notice = None
        media = self._decode(request, max_pixels)
        yield from (Notice(m.notice) for m in media.values() if isinstance(m, DecodedVideo) and m.notice)
        inputs = self._builder.build(request.messages, media, request.think)
        parser = StreamParser(self._markup, inputs.starts_in_thinking)
        answer = _Answer(parser, StopFilter(request.sampling.stop) if request.sampling.stop else None, started)
        sampler = self._sampler(request.sampling, parser)
        prepared = time.perf_counter()
        for step in self._engine.generate(inputs, sampler, request.sampling.max_tokens, lambda: answer.stopped):
            if isinstance(step, Token):
                yield from answer.take(step)
            elif isinstance(step, Progress):
                yield step
            else:
                yield from answer.end()
                boxes = _boxes(answer.answer, [media[source] for source in _last_shown(request)])
                moved = self._offload.usage().since(before) if self._offload.is_active else None
                yield answer.finished(step, inputs, boxes, self._load_s, prepared - started, moved)

    def _sampler(self, options: SamplingOptions, parser: StreamParser) -> Sampler:
        sampler = make_sampler(options, self._generation)
        if options.think_budget is None:
            return sampler
        text = self._markup.think_close + self._builder.after_thinking
        ending = self._builder.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ThinkBudget(sampler, options.think_budget, ending, lambda: parser.in_thinking)

    def _decode(self, request: ChatRequest, max_pixels: int) -> dict[MediaSource, DecodedMedia]:
        sources = [p.source for m in request.messages for p in m.parts if isinstance(p, MediaPart)]
        builder = self._builder
        return {
            s: load(s, sampler=builder.frame_sampler, fit=builder.fit_frames, max_pixels=max_pixels)
            for s in dict.fromkeys(sources)
        }


@dataclass(slots=True)
class _Answer:
    """What has come of an answer so far."""

    parser: StreamParser
    stops: StopFilter | None
    started: float
    thinking: str = ""
    answer: str = ""
    tokens: int = 0
    thinking_tokens: int = 0
    first_token_s: float = 0.0

    @property
    def stopped(self) -> bool:
        """A text has come before which the answer shall end."""
        return self.stops is not None and self.stops.stopped

    def take(self, token: Token) -> list[Delta]:
        if not self.tokens:
            self.first_token_s = time.perf_counter() - self.started
        self.tokens += 1
        thinking = self.parser.in_thinking
        deltas = self._keep(self.parser.feed(token.text))
        self.thinking_tokens += thinking or self.parser.in_thinking  # both marks belong to the thinking
        return deltas

    def end(self) -> list[Delta]:
        rest = self._keep(self.parser.flush())
        return rest if self.stops is None else [*rest, *self._append(self.stops.flush())]

    def _keep(self, deltas: list[Delta]) -> list[Delta]:
        if self.stops is None:
            return self._append(deltas)
        filtered: list[Delta] = []
        for delta in deltas:
            filtered += self.stops.feed(delta) if isinstance(delta, AnswerDelta) else [delta]
        return self._append(filtered)

    def _append(self, deltas: Sequence[Delta]) -> list[Delta]:
        for delta in deltas:
            if isinstance(delta, AnswerDelta):
                self.answer += delta.text
            else:
                self.thinking += delta.text
        return list(deltas)

    def finished(self, stop: Stop, inputs: ModelInputs, boxes: tuple[Box, ...], load_s: float,
                 prepare_s: float, offloaded: Offloaded | None) -> Finished:  # fmt: skip
        """``prepare_s``, decoding media and cutting patches, counts as encoding."""
        usage = Usage(
            prompt_tokens=inputs.ids.shape[1],
            image_tokens=inputs.tokens(IMAGE),
            video_tokens=inputs.tokens(VIDEO),
            thinking_tokens=self.thinking_tokens,
            answer_tokens=self.tokens - self.thinking_tokens,
            cached_tokens=stop.cached_tokens,
        )
        later = max(0, self.tokens - 1)
        timings = Timings(
            load_s=load_s,
            encode_s=prepare_s + stop.encode_s,
            prefill_s=stop.prefill_s,
            first_token_s=self.first_token_s,
            decode_s=stop.decode_s,
            decode_tokens_per_s=later / stop.decode_s if later else 0.0,
        )
        return Finished(self.thinking, self.answer, boxes, stop.reason, usage, timings, offloaded)


def _markup(family: Family) -> Markup:
    opening, closing = family.answer_tags or (None, None)
    return Markup(answer_open=opening, answer_close=closing)


def _boxes(answer: str, shown: list[DecodedMedia]) -> tuple[Box, ...]:
    """The boxes in an answer, in pixels of the one picture or film of its question.

    Among several, the model does not say which it means: then there are none.
    """
    if len(shown) != 1:
        return ()
    seen = shown[0]
    size = (seen.width, seen.height) if isinstance(seen, DecodedImage) else (seen.info.width, seen.info.height)
    return tuple(to_pixels(box, *size) for box in find_boxes(answer))


def _last_shown(request: ChatRequest) -> list[MediaSource]:
    """The media of the latest message that has any: what a follow-up question is about."""
    shown = ([p.source for p in message.parts if isinstance(p, MediaPart)] for message in reversed(request.messages))
    return next(filter(None, shown), [])
