from __future__ import annotations

import subprocess
import sys

import pytest

from tools.recording.drawing import Shot, svg
from tools.recording.record import shown
from tools.recording.terminal import Cell


@pytest.mark.slow
def test_the_picture_in_the_readme_shows_what_happens_now() -> None:
    command = [sys.executable, "-m", "tools.recording.record", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_recordings_that_differ_in_durations_show_the_same() -> None:
    def recorded(*rows: str) -> str:
        return svg([Shot(tuple(tuple(Cell(char, "default", "default", False) for char in row) for row in rows), 1)])

    same = recorded("thought for 0.1 s", "thought for 0.1 s", "Three.")
    assert shown(same) == shown(recorded("thought for 0.1 s", "thought for 12 s", "Three."))
    assert shown(same) != shown(recorded("thought for 0.1 s", "thought for 0.1 s", "Four."))
