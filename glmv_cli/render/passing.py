"""What renderers around another one have in common."""

from __future__ import annotations

from glmv_cli.errors import GlmvError
from glmv_cli.events import Event
from glmv_cli.render.renderer import Renderer


class PassingRenderer:
    """Passes everything on to another renderer; subclasses see it on its way."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def begin(self, source: str | None) -> None:
        self._renderer.begin(source)

    def handle(self, event: Event) -> None:
        self._renderer.handle(event)

    def fail(self, error: GlmvError) -> None:
        self._renderer.fail(error)

    def interrupt(self) -> None:
        self._renderer.interrupt()

    def pause(self) -> None:
        self._renderer.pause()

    def close(self) -> None:
        self._renderer.close()
