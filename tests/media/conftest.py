"""What several tests of this folder are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.media.web import serving_web


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """The address of a web server on this machine; see :mod:`tests.media.web`."""
    with serving_web() as address:
        yield address


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses are fetched from where they are, whatever this machine does otherwise."""
    monkeypatch.setenv("no_proxy", "*")
