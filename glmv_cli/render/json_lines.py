"""Answers as JSON, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from glmv_cli.errors import GlmvError
from glmv_cli.events import Finished
from glmv_cli.render.json_text import json_text
from glmv_cli.render.output import Output
from glmv_cli.render.whole import WholeRenderer


class JsonLinesRenderer(WholeRenderer):
    """Writes one object an answer to stdout, and notes and errors to stderr.

    With ``several`` answers each is one line. A single one is indented if a person reads it (stdout is a terminal),
    else it is one line as well. One that failed is an object with ``source`` and ``error``.
    """

    def __init__(self, output: Output, model: str, prompt: str, several: bool = False) -> None:
        super().__init__(output, lambda source, finished: self._line(self._answer_record(source, finished)))
        self._model = model
        self._prompt = prompt
        self._pretty = output.stdout_is_tty and not several

    def fail(self, error: GlmvError) -> None:
        super().fail(error)
        failure = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
        self._output.to_stdout(self._line({"source": self._source, "error": failure}))

    def _answer_record(self, source: str | None, finished: Finished) -> dict[str, Any]:
        """The documented keys, in the documented order; seconds to the microsecond."""
        offloaded = finished.offloaded
        moved = (
            {} if offloaded is None else {"offload": asdict(offloaded) | {"disk_hit_ratio": offloaded.disk_hit_ratio}}
        )
        return {
            "model": self._model,
            "source": source,
            "prompt": self._prompt,
            "thinking": finished.thinking,
            "answer": finished.answer,
            "boxes": [asdict(box) for box in finished.boxes],
            "finish_reason": finished.finish_reason,
            "usage": asdict(finished.usage),
            "timings": {name: round(value, 6) for name, value in asdict(finished.timings).items()},
            **moved,
        }

    def _line(self, record: dict[str, Any]) -> str:
        return json_text(record, self._output.stdout.encoding, pretty=self._pretty)
