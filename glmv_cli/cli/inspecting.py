"""Find out what a model sees of one picture or film after another, and write their contact sheets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.failures import reading, write_traceback
from glmv_cli.config import Settled
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.media.source import open_source
from glmv_cli.messages import SeeingOptions
from glmv_cli.render.errors import write_error, write_note
from glmv_cli.store.models import ModelChoice, check_sight, resolve_model

if TYPE_CHECKING:
    from glmv_cli.prompt.seen import Seen
    from glmv_cli.prompt.sight import Sight


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
        self._max_pixels = settled.settings.max_pixels
        self._seeing = seeing
        self._directory = model.directory
        self._sight: Sight | None = None
        self._output = output
        self._written = 0

    def inspect(self, argument: str) -> dict[str, Any] | None:
        """What is printed on one picture or film; ``None``: it cannot be used, and why has been said."""
        try:
            with reading():
                source = open_source(argument, self._environment.stdin)
                # numpy and Pillow, which a wrong name need not wait for.
                from glmv_cli.prompt.seen import see
                from glmv_cli.prompt.sight import Sight

                self._sight = self._sight or Sight.of(self._directory)
                seen = see(source, self._sight, self._seeing, max_pixels=self._max_pixels)
            if seen.notice:
                write_note(self._environment.output, seen.notice)
            return _facts(source.name, seen, self._write_sheet(argument, seen))
        except UsageError:
            raise  # of all of them alike
        except GlmvError as error:
            write_traceback(self._environment, error)
            write_error(self._environment.output, error)
            self.status = self.status or error.exit_code
            return None

    def _write_sheet(self, argument: str, seen: Seen) -> Path | None:
        if self._output is None:
            return None
        from glmv_cli.media.contact_sheet import write_contact_sheet

        self._written += 1
        stem = "stdin" if argument == "-" else re.sub(r"[^\w.-]+", "_", Path(argument).stem[:40])
        path = self._output / f"{self._written:02}-{stem}.png"
        captions = [f"{time:.1f} s" for time in seen.film.times] if seen.film else [f"{seen.tokens} tokens"]
        try:
            self._output.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_contact_sheet(seen.frames, captions, file)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror or error}", "name another directory with -o"
            ) from error
        return path


def open_inspector(environment: Environment, settled: Settled, seeing: SeeingOptions, output: Path | None) -> Inspector:
    """For the model that the settings name. Raises :class:`UsageError` if it only reads."""
    model = resolve_model(settled.settings.model, environment.environ, settled.origins.get("model"))
    check_sight(model)
    return Inspector(environment, settled, seeing, model, output)


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
