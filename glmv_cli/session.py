"""One loaded model, and the way from a request to its events."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from pathlib import Path

from glmv_cli.engine.grammar import Constrained, Vocabulary
from glmv_cli.engine.local import Token
from glmv_cli.engine.sampler import Sampler, make_sampler
from glmv_cli.engine.schema import grammar_of
from glmv_cli.engine.think_budget import ThinkBudget
from glmv_cli.events import Event, Notice, Progress
from glmv_cli.families import Family
from glmv_cli.media.frames import DecodedMedia, DecodedVideo
from glmv_cli.media.load import decode
from glmv_cli.media.outlook import Outlook, outlook
from glmv_cli.messages import ChatRequest, MediaPart, MediaSource, SamplingOptions
from glmv_cli.model.threads import use_threads
from glmv_cli.opening import OpenModel, open_model
from glmv_cli.parsing.markup import Markup
from glmv_cli.parsing.stops import StopFilter
from glmv_cli.parsing.stream import StreamParser
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from glmv_cli.prompt.account import Account, check_room
from glmv_cli.prompt.builder import sources_of
from glmv_cli.prompt.inputs import IMAGE, TEXT, VIDEO
from glmv_cli.reply import Reply, boxes_in, usage_of

_NO_WISHES = Wishes()


class Session:
    """Answers requests with one model. Open it once: loading is the dear part."""

    def __init__(self, model: OpenModel) -> None:
        self._model = model
        self._markup = _markup(model.family)
        self._notice = model.notice
        self._vocabulary = Vocabulary(model.builder.tokenizer.backend_tokenizer, model.engine.stop_ids)

    @classmethod
    def open(cls, directory: Path, name: str, wishes: Wishes = _NO_WISHES, threads: Threads | None = None) -> Session:
        """With the 4-bit checkpoint in ``directory``; ``name`` is what the user calls it.

        ``threads`` are this process's from here on; None: it keeps those that torch has. Raises what
        :func:`glmv_cli.opening.open_model` does.
        """
        if threads is not None:
            use_threads(threads)
        return cls(open_model(directory, name, wishes))

    @property
    def context(self) -> int:
        """How many tokens a prompt and its answer may have together."""
        return self._model.engine.context_length

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Generator[Event, None, None]:
        """The events of one answer, :class:`Finished` last. Closing it cancels the answer.

        ``max_pixels`` is the largest picture or frame that is decoded. Raises :class:`GlmvError` for media that
        cannot be used, prompts that do not fit, and a schema that is none.
        """
        started = time.perf_counter()
        model = self._model
        before = model.offload.usage()
        if self._notice is not None:
            yield Notice(self._notice)
            self._notice = None
        if not request.think and not model.builder.can_skip_thinking:
            yield Notice(f"{model.name} thinks before every answer: its chat template has no switch for it")
        outlooks = self._look_ahead(request, max_pixels)
        account = model.builder.account(request.messages, outlooks, request.think, request.seeing)
        self._check_room(account, request)
        media = self._decode(request, outlooks, max_pixels)
        yield from (Notice(m.notice) for m in media.values() if isinstance(m, DecodedVideo) and m.notice)
        inputs = model.builder.build(request.messages, media, request.think, request.seeing)
        account = account.exactly(inputs.tokens(TEXT), inputs.tokens_of_each(IMAGE), inputs.tokens_of_each(VIDEO))
        self._check_room(account, request)
        yield account.told(self.context)
        parser = StreamParser(self._markup, inputs.starts_in_thinking)
        sampler = self._sampler(request.sampling, parser)
        stops = StopFilter(request.sampling.stop) if request.sampling.stop else None
        reply = Reply(parser, stops, usage_of(inputs), started, model.load_s, time.perf_counter() - started)
        for step in model.engine.generate(inputs, sampler, request.sampling.max_tokens, lambda: reply.stopped):
            if isinstance(step, Token):
                yield from reply.take(step)
                yield reply.so_far(step.spent)
            elif isinstance(step, Progress):
                yield step
            else:
                yield from reply.end()
                boxes = boxes_in(reply.answer, [media[source] for source in _last_shown(request)])
                moved = model.offload.usage().since(before) if model.offload.is_active else None
                yield reply.finished(step, boxes, moved)

    def _check_room(self, account: Account, request: ChatRequest) -> None:
        engine = self._model.engine
        check_room(account, engine.context_length, engine.longest_context, request.sampling.max_tokens)

    def _sampler(self, options: SamplingOptions, parser: StreamParser) -> Sampler:
        sampler = make_sampler(options, self._model.generation)
        if options.schema is not None:
            openings = [mark for mark in (self._markup.think_open, self._markup.answer_open) if mark is not None]
            grammar = grammar_of(options.schema)
            sampler = Constrained(sampler, self._vocabulary, grammar, openings, lambda: parser.in_thinking)
        if options.think_budget is None:
            return sampler
        builder = self._model.builder
        text = self._markup.think_close + builder.after_thinking
        ending = builder.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ThinkBudget(sampler, options.think_budget, ending, lambda: parser.in_thinking)

    def _look_ahead(self, request: ChatRequest, max_pixels: int) -> dict[MediaSource, Outlook]:
        sources = sources_of(request.messages)
        if not sources:
            return {}
        sampler, animated = self._model.builder.sight.within(request.seeing).sampler, request.seeing.animated
        return {s: outlook(s, sampler, max_pixels=max_pixels, animated=animated) for s in dict.fromkeys(sources)}

    def _decode(
        self, request: ChatRequest, outlooks: Mapping[MediaSource, Outlook], max_pixels: int
    ) -> dict[MediaSource, DecodedMedia]:
        if not outlooks:
            return {}
        sight = self._model.builder.sight.within(request.seeing)
        return {
            source: decode(
                source,
                known,
                max_pixels=max_pixels,
                fit=sight.fit,
                fit_picture=sight.fit_picture,
                page_seconds=request.seeing.page_seconds,
            )
            for source, known in outlooks.items()
        }


def _markup(family: Family) -> Markup:
    opening, closing = family.answer_tags or (None, None)
    return Markup(answer_open=opening, answer_close=closing)


def _last_shown(request: ChatRequest) -> list[MediaSource]:
    """The media of the latest message that has any: what a follow-up question is about."""
    shown = ([p.source for p in message.parts if isinstance(p, MediaPart)] for message in reversed(request.messages))
    return next(filter(None, shown), [])
