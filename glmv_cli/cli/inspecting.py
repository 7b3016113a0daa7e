"""Find out what a model sees of one picture or film after another, and write their contact sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import reading, write_traceback
from glmv_cli.config import Settled
from glmv_cli.errors import GlmvError, ModelError, UsageError
from glmv_cli.media.find import find_media
from glmv_cli.media.limits import FindLimits
from glmv_cli.media.naming import STANDARD_INPUT
from glmv_cli.messages import MediaSource, SeeingOptions
from glmv_cli.render.errors import write_error, write_note
from glmv_cli.store.models import ModelChoice, check_sight, resolve_model

if TYPE_CHECKING:
    from glmv_cli.prompt.account import Share
    from glmv_cli.prompt.seen import Seen
    from glmv_cli.prompt.sight import Sight


_FAILED_IN_A_ROW = 3
"""Pages after which the rest of a document is left out."""


class Inspector:
    """``status`` is the exit code so far."""

    def __init__(
        self,
        environment: Environment,
        settled: Settled,
        seeing: SeeingOptions,
        model: ModelChoice,
        output: Path | None,
    ) -> None:
        self.model = model.name
        self.status = 0
        self._environment = environment
        self._settings = settled.settings
        self._seeing = seeing
        self._directory = model.directory
        self._sight: Sight | None = None
        self._output = output
        self._written = 0
        self._shares: list[Share] = []
        self._model_read = False
        self._longest: int | None = None

    def inspect(self, argument: str) -> list[dict[str, Any]]:
        """What is printed on each picture, film or page that ``argument`` stands for, but for those that cannot be
        used: why has been said.
        """
        with self._reporting():
            found = find_media(argument, self._environment.stdin, FindLimits.of(self._settings))
            if found.notice:
                write_note(self._environment.output, found.notice)
            before = len(self._shares)
            documents = groupby(found.sources, lambda source: source.document)
            facts = [fact for _, pages in documents for fact in self._inspect_pages(tuple(pages))]
            self._tell_room(self._shares[before:])
            return facts
        return []

    def _inspect_pages(self, sources: Sequence[MediaSource]) -> list[dict[str, Any]]:
        """Of one document; what is damaged is not told page by page."""
        facts: list[dict[str, Any]] = []
        failed = 0
        for number, source in enumerate(sources, 1):
            seen = self._inspect_one(source)
            facts += seen
            failed = 0 if seen else failed + 1
            left = len(sources) - number
            if failed == _FAILED_IN_A_ROW and left:
                note = f"{left} more of {source.document} are left out, as {failed} pages in a row cannot be used"
                write_note(self._environment.output, note)
                break
        return facts

    def _inspect_one(self, source: MediaSource) -> list[dict[str, Any]]:
        with self._reporting():
            # numpy and Pillow, which a wrong name need not wait for.
            from glmv_cli.prompt.account import Share
            from glmv_cli.prompt.seen import see
            from glmv_cli.prompt.sight import Sight

            self._sight = self._sight or Sight.of(self._directory)
            seen = see(source, self._sight, self._seeing, max_pixels=self._settings.max_pixels)
            if seen.notice:
                write_note(self._environment.output, seen.notice)
            marks = (0,) * seen.grid[0] if seen.film else ()  # without the tokenizer, nobody knows how long they are
            self._shares.append(Share(source, (seen.height, seen.width), seen.tokens, marks))
            return [_facts(source.name, seen, self._write_sheet(source, seen))]
        return []

    def _tell_room(self, shares: Sequence[Share]) -> None:
        """What an argument stands for is one question: that it is too much for the model is worth a note."""
        positions = self._positions()
        if self._sight is None or positions is None:
            return
        from glmv_cli.placement.planner import DEFAULT_CONTEXT
        from glmv_cli.prompt.account import Account, check_room

        account = Account(0, tuple(shares), self._sight.image_rules, self._sight.video_rules, self._seeing)
        context = min(self._settings.context or DEFAULT_CONTEXT, positions)
        try:
            check_room(account, context, positions, self._settings.max_tokens)
        except GlmvError as error:
            write_note(self._environment.output, f"{error.message}. {error.hint}")

    def _positions(self) -> int | None:
        """The longest context of the model; ``None`` if there are no more than the configs of its processors."""
        if not self._model_read:
            from glmv_cli.placement.model import read_model

            self._model_read = True
            with suppress(ModelError):
                self._longest = read_model(self._directory, self.model).sizes.positions
        return self._longest

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """What goes wrong with one of them is told, and that is all."""
        try:
            with reading():
                yield
        except UsageError:
            raise  # of all of them alike
        except GlmvError as error:
            write_traceback(self._environment, error)
            write_error(self._environment.output, error)
            self.status = self.status or error.exit_code

    def _write_sheet(self, source: MediaSource, seen: Seen) -> Path | None:
        if self._output is None:
            return None
        from glmv_cli.media.contact_sheet import write_contact_sheet

        self._written += 1
        path = self._output / f"{self._written:02}-{_stem(source)}.png"
        try:
            self._output.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_contact_sheet(seen.frames, _captions(seen), file, together=seen.together)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror or error}", "name another directory with -o"
            ) from error
        return path


def _stem(source: MediaSource) -> str:
    """What the sheet of ``source`` is called, for people who look for it."""
    stem = "stdin" if source.document == STANDARD_INPUT else Path(source.document).stem[:40]
    page = "" if source.page is None else f"-page-{source.page}"
    return re.sub(r"[^\w.-]+", "_", stem) + page


def open_inspector(environment: Environment, settled: Settled, seeing: SeeingOptions, output: Path | None) -> Inspector:
    """For the model that the settings name. Raises :class:`UsageError` if it only reads."""
    model = resolve_model(settled.settings.model, environment.environ, settled.origins.get("model"))
    check_sight(model)
    return Inspector(environment, settled, seeing, model, output)


def _captions(seen: Seen) -> list[str]:
    """What stands under each frame: when it is shown; under a picture its cost."""
    if seen.film:
        return [f"{time:.2f} s" for time in seen.film.times]
    return [f"{seen.tokens} tokens"]


def _facts(name: str, seen: Seen, sheet: Path | None) -> dict[str, Any]:
    """Sizes are width and height in pixels, times seconds."""
    film = seen.film
    return {
        "source": name,
        "kind": "film" if film else "picture",
        "size": [seen.width, seen.height],
        "shown_as": [seen.frames.shape[2], seen.frames.shape[1]],
        "grid": list(seen.grid),
        "tokens": seen.tokens,
        "film": film
        and {
            "frames": film.total_frames,
            "duration": round(film.duration, 3),
            "times": [round(time, 3) for time in film.times],
            "time_texts": list(film.time_texts),
        },
        "notice": seen.notice,
        "sheet": None if sheet is None else str(sheet),
    }
