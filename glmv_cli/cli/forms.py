"""Which renderer shows the answers."""

from __future__ import annotations

from collections.abc import Callable

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.render.code_block import first_code_block
from glmv_cli.render.json_lines import JsonLinesRenderer
from glmv_cli.render.output import Output
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.template import Template
from glmv_cli.render.text import Display, TextRenderer
from glmv_cli.render.timings import TimedRenderer
from glmv_cli.render.whole import WholeRenderer


def renderer_maker(output: Output, options: AnswerOptions, model: str, several: bool) -> Callable[[str], Renderer]:
    """From a prompt to what shows its answer; a record holds its prompt, which may differ from one file to the next.

    Raises :class:`UsageError` for a template that cannot be filled.
    """
    make = _maker(output, options, model, several)
    return (lambda prompt: TimedRenderer(make(prompt), output)) if options.written.verbose else make


def _maker(output: Output, options: AnswerOptions, model: str, several: bool) -> Callable[[str], Renderer]:
    written, settings = options.written, options.settled.settings
    if written.json or written.lines:
        return lambda prompt: JsonLinesRenderer(output, model, prompt, several or written.lines)
    if written.template is not None:
        fill = Template(written.template).fill
        return lambda prompt: WholeRenderer(output, lambda source, finished: fill(model, prompt, source, finished))
    if written.extract is not None:
        return lambda prompt: WholeRenderer(output, lambda source, finished: first_code_block(finished.answer))
    text = TextRenderer(output, Display(settings.render, settings.show_thinking), several)
    return lambda prompt: text
