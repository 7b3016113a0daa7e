"""One loaded model, and the way from a request to its events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from glmv_cli.engine.local import LocalEngine, Token
from glmv_cli.engine.sampler import Sampler, make_sampler
from glmv_cli.engine.think_budget import ThinkBudget
from glmv_cli.events import Event, Notice, Progress
from glmv_cli.families import Family
from glmv_cli.media.frames import DecodedVideo
from glmv_cli.media.load import load
from glmv_cli.messages import ChatRequest, MediaPart, MediaSource, SamplingOptions
from glmv_cli.model.loader import load_model, open_checkpoint
from glmv_cli.model.network import network_of
from glmv_cli.model.offload.attach import Offload, attach_offload
from glmv_cli.model.offload.devices import usable_machine
from glmv_cli.parsing.markup import Markup
from glmv_cli.parsing.stops import StopFilter
from glmv_cli.parsing.stream import StreamParser
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.model import read_model
from glmv_cli.placement.planner import make_plan
from glmv_cli.prompt.builder import DecodedMedia, PromptBuilder
from glmv_cli.reply import Reply, boxes_in
from glmv_cli.store.json_files import read_json

_NO_WISHES = Wishes()


class Session:
    """Answers requests with one model. Open it once: loading is the dear part."""

    def __init__(self, model: str, engine: LocalEngine, builder: PromptBuilder, family: Family,
                 generation: dict[str, object], offload: Offload, load_s: float = 0.0,
                 notice: str | None = None) -> None:  # fmt: skip
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
        model = load_model(checkpoint, family, plan)
        offload = attach_offload(model, plan, checkpoint)
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
        if not request.think and not self._builder.can_skip_thinking:
            yield Notice(f"{self.model} thinks before every answer: its chat template has no switch for it")
        media = self._decode(request, max_pixels)
        yield from (Notice(m.notice) for m in media.values() if isinstance(m, DecodedVideo) and m.notice)
        inputs = self._builder.build(request.messages, media, request.think)
        parser = StreamParser(self._markup, inputs.starts_in_thinking)
        reply = Reply(parser, StopFilter(request.sampling.stop) if request.sampling.stop else None, started)
        sampler = self._sampler(request.sampling, parser)
        prepared = time.perf_counter()
        for step in self._engine.generate(inputs, sampler, request.sampling.max_tokens, lambda: reply.stopped):
            if isinstance(step, Token):
                yield from reply.take(step)
            elif isinstance(step, Progress):
                yield step
            else:
                yield from reply.end()
                boxes = boxes_in(reply.answer, [media[source] for source in _last_shown(request)])
                moved = self._offload.usage().since(before) if self._offload.is_active else None
                yield reply.finished(step, inputs, boxes, self._load_s, prepared - started, moved)

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


def _markup(family: Family) -> Markup:
    opening, closing = family.answer_tags or (None, None)
    return Markup(answer_open=opening, answer_close=closing)


def _last_shown(request: ChatRequest) -> list[MediaSource]:
    """The media of the latest message that has any: what a follow-up question is about."""
    shown = ([p.source for p in message.parts if isinstance(p, MediaPart)] for message in reversed(request.messages))
    return next(filter(None, shown), [])
