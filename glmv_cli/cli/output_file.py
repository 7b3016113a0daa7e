"""Answers in a file that is whole or not there."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TextIO

from glmv_cli.cli.alone import open_alone
from glmv_cli.cli.environment import Environment
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.render.errors import write_note

_DESCRIPTORS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")


class OutputFile:
    """Within it, ``environment.output`` writes to ``NAME.partial``; ``commit`` and the end of it make that ``NAME``.

    Left without, what was written stays in ``NAME.partial``, and a note says so. A link's target is replaced, not
    the link. To what is no file, as ``/dev/null``, or is open already, as ``/dev/stdout``, it is added. Text is
    UTF-8, whatever the locale.
    """

    def __init__(self, environment: Environment, name: str) -> None:
        """Raises :class:`GlmvError` if nothing can be written there, or another process does, :class:`UsageError` for a
        directory.
        """
        self._name = name
        self._outer = environment
        self._whole = False
        self._target = Path(os.path.realpath(name))
        if self._target.is_dir():
            raise UsageError(f"-o {name} is a directory", "name a file in it")
        added = _is_open(name) or (self._target.exists() and not self._target.is_file())
        self._partial = None if added else self._target.with_name(f"{self._target.name}.partial")
        try:
            self._file: TextIO
            if self._partial is None:
                self._file = open(name, "a", encoding="utf-8", newline="")  # noqa: SIM115 - closed by __exit__
            else:
                self._file = open_alone(self._partial, name)
        except OSError as error:
            raise GlmvError(f"{name} cannot be written: {(error.strerror or str(error)).lower()}",
                            "check the folder, and your permissions") from error  # fmt: skip
        output = replace(environment.output, stdout=self._file, stdout_is_tty=False)
        self.environment = replace(environment, output=output)

    def commit(self) -> None:
        """What was written is all."""
        self._whole = True

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:  # closed at last: until then nobody else writes to NAME.partial
            self._file.flush()
            if self._partial is None:
                return
            if self._whole and error is None:
                if self._target.exists():
                    shutil.copymode(self._target, self._partial)
                os.replace(self._partial, self._target)
            elif self._partial.stat().st_size == 0:
                self._partial.unlink()
            else:
                # By its own path where the name is a link: it lies beside the target.
                left = str(self._partial) if os.path.islink(self._name) else f"{self._name}.partial"
                write_note(self._outer.output, f"what has come is in {left}")


def _is_open(name: str) -> bool:
    """A descriptor of some process: replacing the file behind it would take that away from whoever writes there."""
    return os.path.abspath(name).startswith(_DESCRIPTORS)
