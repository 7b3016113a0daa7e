"""Answers as JSON, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from glmv_cli.errors import GlmvError
from glmv_cli.events import Event, Finished, Notice, Progress
from glmv_cli.render.errors import write_error, write_interrupted, write_note
from glmv_cli.render.json_text import json_text
from glmv_cli.render.output import Output
from glmv_cli.render.progress import ProgressLine


class JsonLinesRenderer:
    """Writes one object an answer to stdout, and notes and errors to stderr.

    With ``several`` answers each is one line. A single one is indented if a person reads it (stdout is a terminal),
    else it is one line as well. One that failed is an object with ``source`` and ``error``.
    """

    def __init__(self, output: Output, model: str, prompt: str, several: bool = False) -> None:
        self._output = output
        self._progress = ProgressLine(output)
        self._model = model
        self._prompt = prompt
        self._several = several
        self._source: str | None = None

    def begin(self, source: str | None) -> None:
        self._source = source

    def handle(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress.show(event)
            return
        self._progress.clear()
        if isinstance(event, Notice):
            write_note(self._output, event.text)
        elif isinstance(event, Finished):
            self._write(self._answer_record(event))

    def fail(self, error: GlmvError) -> None:
        self._progress.clear()
        write_error(self._output, error)
        failure = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
        self._write({"source": self._source, "error": failure})

    def interrupt(self) -> None:
        self.close()
        write_interrupted(self._output, partial=False)

    def close(self) -> None:
        """Every record was written whole: only the progress may be left."""
        self._progress.clear()

    def _answer_record(self, finished: Finished) -> dict[str, Any]:
        """The documented keys, in the documented order; seconds to the microsecond."""
        offloaded = finished.offloaded
        moved = (
            {} if offloaded is None else {"offload": asdict(offloaded) | {"disk_hit_ratio": offloaded.disk_hit_ratio}}
        )
        return {
            "model": self._model,
            "source": self._source,
            "prompt": self._prompt,
            "thinking": finished.thinking,
            "answer": finished.answer,
            "boxes": [asdict(box) for box in finished.boxes],
            "finish_reason": finished.finish_reason,
            "usage": asdict(finished.usage),
            "timings": {name: round(value, 6) for name, value in asdict(finished.timings).items()},
            **moved,
        }

    def _write(self, record: dict[str, Any]) -> None:
        pretty = self._output.stdout_is_tty and not self._several
        self._output.to_stdout(json_text(record, self._output.stdout.encoding, pretty=pretty))
