"""Real shells, a folder of files for them, and a ``glmv`` that says what it was called with."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

COMPLETIONS = Path(__file__).parents[3] / "completions"

_GLMV = """#!/bin/sh
case "$1 $2" in
    '--complete models') printf 'small\\nglm-4.5v\\ndemo\\n' ;;
    '--complete kept') printf 'small\\nhalf-done\\n' ;;
    *) printf '<%s>' "$@"; echo ;;
esac
"""
_PROMPT, _END = "READY>", "END>"
_PATIENCE = 60
"""Seconds; a shell that does not come back is a failure, not a wait for ever."""


@dataclass(frozen=True, slots=True)
class Place:
    """``files`` is the working directory, ``home`` the one above it; ``glmv`` is in ``bin``."""

    home: Path

    @property
    def files(self) -> Path:
        return self.home / "files"

    @property
    def environ(self) -> dict[str, str]:
        path = f"{self.home / 'bin'}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.home), "TERM": "dumb", "LC_ALL": "C.UTF-8", "ZDOTDIR": str(self.home)}


def make_place(home: Path) -> Place:
    """Pictures, a film, a text, directories: some with names that a shell has to quote."""
    program = home / "bin" / "glmv"
    program.parent.mkdir()
    program.write_text(_GLMV)
    program.chmod(0o755)
    place = Place(home)
    for directory in ("my dir", "sub"):
        (place.files / directory).mkdir(parents=True)
    for name in ("my photo.png", "film.MP4", "it's.jpg", "notes.txt", "config.json", "sub/in.webp"):
        (place.files / name).touch()
    return place


def output(command: list[str], place: Place) -> list[str]:
    """The lines that a command prints; what it says on stderr fails."""
    done = subprocess.run(
        command, cwd=place.files, env=place.environ, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def typed(command: list[str], keys: str, place: Place) -> list[str]:
    """What ``glmv`` is called with when ``keys``, tabs among them, and Enter are typed into the shell ``command``,
    whose prompt must be ``READY>``.
    """
    screen = _on_terminal(command, f"{keys}\recho E''ND'>'\r", place)
    calls = re.findall(r"\n((?:<.*>)+)\r", screen)
    assert len(calls) == 1, screen
    return str(calls[0])[1:-1].split("><")


def _on_terminal(command: list[str], keys: str, place: Place) -> str:
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        command, cwd=place.files, env=place.environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        seen = _read_until(ours, _PROMPT)
        os.write(ours, keys.encode())
        return seen + _read_until(ours, _END)
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


def _read_until(terminal: int, mark: str) -> str:
    seen = b""
    end = time.monotonic() + _PATIENCE
    while mark.encode() not in seen:
        readable, _, _ = select.select([terminal], [], [], max(end - time.monotonic(), 0))
        assert readable, f"no {mark}: {seen!r}"
        seen += os.read(terminal, 4096)
    return seen.decode(errors="replace")
