"""Many inputs, one question: a line of JSON each, and a run that was broken off goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.answers import Desk, chosen_model, open_session
from glmv_cli.cli.batch_inputs import batch_inputs
from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.cli.inquiry import Inquiry, Question
from glmv_cli.cli.results_file import open_results
from glmv_cli.errors import UsageError
from glmv_cli.media.naming import display_name
from glmv_cli.render.batch import BatchLine, BatchRenderer
from glmv_cli.render.errors import write_note
from glmv_cli.render.json_lines import JsonLinesRenderer
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.sanitize import visible_line
from glmv_cli.store.models import ModelChoice, check_sight


def answer_batch(environment: Environment, options: AnswerOptions, arguments: Sequence[str], prompt: str | None) -> int:
    """Ask ``prompt``, or what suits each, about everything that ``arguments`` name; return the exit code of the first
    failure, or 0. With ``-o``, what the file has an answer of already is left out.

    The model is loaded for the first input that needs it. Raises what :func:`glmv_cli.cli.answers.answer_all` does.
    """
    written = options.written
    if written.json or written.template is not None or written.extract is not None:
        raise UsageError("--batch writes lines of JSON", "leave out --json, --format and --extract")
    names = batch_inputs(arguments)
    model = chosen_model(environment, options)
    check_sight(model)
    with _results(environment, written.file, names) as (environment, answered_before):
        return _Batch(environment, options, model, len(names), answered_before).run(names, prompt)


class _Batch:
    """One run over all inputs."""

    def __init__(self, environment: Environment, options: AnswerOptions, model: ModelChoice, total: int,
                 answered_before: Callable[[str, Question], bool]) -> None:  # fmt: skip
        self._environment = environment
        self._options = options
        self._model = model
        self._answered_before = answered_before
        self._line = BatchLine(environment.output, total)
        self._desk = Desk(environment, options, model.name, self._renderer)
        self._session: AnsweringSession | None = None

    def run(self, names: Sequence[str], prompt: str | None) -> int:
        for name in names:
            self._line.show(visible_line(display_name(name)))
            question = self._desk.open(Inquiry((name,), prompt))
            if question is None:
                continue
            if self._answered_before(self._model.name, question):
                self._line.skipped += 1
            else:
                self._desk.answer(question, self._opened())
        self._line.clear()
        write_note(self._environment.output, self._line.summary())
        return self._desk.status

    def _opened(self) -> AnsweringSession:
        if self._session is None:
            self._line.clear()
            self._session = open_session(self._environment, self._options, self._model)
            self._line.start()
        return self._session

    def _renderer(self, prompt: str) -> Renderer:
        lines = JsonLinesRenderer(self._environment.output, self._model.name, prompt, several=True)
        return BatchRenderer(lines, self._line)


@contextmanager
def _results(
    environment: Environment, file: str | None, names: Sequence[str]
) -> Iterator[tuple[Environment, Callable[[str, Question], bool]]]:
    """Where lines go, and whether a question has its line there."""
    if file is None:
        environment.output.to_stdout("")  # a closed output is found out before anything slow
        yield environment, lambda model, question: False
        return
    with open_results(file, frozenset(map(display_name, names))) as results:
        output = replace(environment.output, stdout=results.stream, stdout_is_tty=False)
        yield (
            replace(environment, output=output),
            lambda model, question: results.has(model, question.source, question.prompt),
        )
