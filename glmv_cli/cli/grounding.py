"""Where something is in a picture: boxes, as lines, as JSON, and drawn."""

from __future__ import annotations

from pathlib import Path

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.answers import Desk, chosen_model, open_session
from glmv_cli.cli.environment import Environment
from glmv_cli.cli.inquiry import Inquiry, Question, check_apart
from glmv_cli.config import Settings
from glmv_cli.errors import GlmvError, MediaError
from glmv_cli.events import Box
from glmv_cli.media.kind import kind_of
from glmv_cli.media.naming import as_argument
from glmv_cli.render.boxes import BoxRenderer, box_lines
from glmv_cli.render.json_lines import JsonLinesRenderer
from glmv_cli.render.timings import TimedRenderer
from glmv_cli.store.models import check_sight
from glmv_cli.store.whole_file import replace_file

PROMPT = "Help me to locate {what} in the image and give me its bounding boxes."
"""One of the two that "Grounding" in the README of https://github.com/zai-org/GLM-V gives; the demo model, which has
never read it, understands it too."""

_ELSEWHERE = "check the folder, and your permissions"


def ground_in(environment: Environment, options: AnswerOptions, image: str, what: str, drawn: str | None) -> int:
    """Write the boxes of ``what`` in ``image``, and draw them into the file ``drawn``; return the exit code.

    Raises :class:`UsageError` if that file's name says no format, :class:`GlmvError` if it cannot be written, and
    what :func:`glmv_cli.cli.answers.answer_all` does.
    """
    if options.no_color:
        environment = environment.without_color()
    environment.output.to_stdout("")  # a closed output is found out before anything slow
    kind = _format_of(drawn)
    model = chosen_model(environment, options)
    prompt = PROMPT.format(what=what)
    output = environment.output
    shown = JsonLinesRenderer(output, model.name, prompt) if options.written.json else box_lines(output)
    renderer = BoxRenderer(TimedRenderer(shown, output) if options.written.verbose else shown)
    desk = Desk(environment, options, model.name, lambda prompt: renderer)
    question = desk.open(Inquiry((image,), prompt))
    if question is None:
        return desk.status
    error = _not_one_picture(question, options.settled.settings)
    if error is not None:
        desk.refuse(question, error)
        return desk.status
    if drawn is not None:
        check_apart(drawn, [question])
    check_sight(model)
    desk.answer(question, open_session(environment, options, model))
    if desk.status == 0 and drawn is not None:
        _draw(question, renderer.boxes, Path(drawn), kind, options.settled.settings)
    return desk.status


def _not_one_picture(question: Question, settings: Settings) -> MediaError | None:
    """Why it cannot be asked for boxes, if it cannot."""
    first = question.media[0]
    if len(question.media) > 1:
        return MediaError(
            f"{question.source} has {len(question.media)} pages",
            f"boxes are for one picture: name a page, as {as_argument(first.document)}#1",
        )
    if kind_of(first, settings.animated) != "image":
        return MediaError(
            f"{question.source} is a film",
            "boxes are for pictures: save one of its frames, or of an animation say --animated first",
        )
    return None


def _format_of(drawn: str | None) -> str:
    if drawn is None:
        return ""
    from glmv_cli.media.draw import format_of

    kind = format_of(Path(drawn))
    folder = Path(drawn).parent
    if not folder.is_dir():  # found out before anything slow
        raise GlmvError(f"{drawn} cannot be written: there is no folder {folder}", _ELSEWHERE)
    return kind


def _draw(question: Question, boxes: tuple[Box, ...], path: Path, kind: str, settings: Settings) -> None:
    """The file is whole or as it was."""
    from glmv_cli.media.draw import draw_boxes

    most, seconds = settings.max_pixels, settings.page_seconds
    data = draw_boxes(question.media[0], boxes, kind, max_pixels=most, page_seconds=seconds)
    try:
        replace_file(path, data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GlmvError(f"{path} cannot be written: {reason}", _ELSEWHERE) from error
