"""What can be read but once, kept to be read again: in memory or, where it is much, in a file without a name."""

from __future__ import annotations

import io
import mmap
import tempfile
from contextlib import closing
from typing import IO, BinaryIO

from glmv_cli.errors import GlmvError, MediaError
from glmv_cli.messages import Data
from glmv_cli.units import GIB, MIB, format_bytes

_IN_MEMORY = 32 * MIB
_MOST = 8 * GIB
_CHUNK = MIB


class Spool:
    """Bytes as they come. The file is gone with the last one who reads it, however the process ends."""

    def __init__(self) -> None:
        self.size = 0
        self._file: IO[bytes] | None = None
        self._memory = io.BytesIO()

    def write(self, chunk: bytes) -> None:
        """Add ``chunk``. Raises :class:`GlmvError` if there is no room for it."""
        self.size += len(chunk)
        try:
            if self._file is None and self.size > _IN_MEMORY:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close
                self._file.write(self._memory.getbuffer())
                self._memory = io.BytesIO()
            (self._file or self._memory).write(chunk)
        except OSError as error:
            raise GlmvError(
                f"{format_bytes(self.size)} cannot be kept in {tempfile.gettempdir()}: {error.strerror or error}",
                "make room there, or set TMPDIR to a directory on a larger disk",
            ) from error

    def finish(self) -> Data:
        """All of it. Nothing may be added after this."""
        if self._file is None:
            return self._memory.getvalue()
        self._file.flush()
        return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def close(self) -> None:
        """What was finished stays."""
        if self._file is not None:
            self._file.close()


def spool(stream: BinaryIO, name: str, most: int = _MOST) -> Data:
    """Everything that is left in ``stream``, which is called ``name``.

    Raises :class:`MediaError` for more than ``most`` bytes, :class:`GlmvError` if there is no room.
    """
    if isinstance(stream, _View):
        return stream.data
    with closing(Spool()) as kept:
        while chunk := stream.read(_CHUNK):
            kept.write(chunk)
            if kept.size > most:
                raise MediaError(f"{name} has more than {format_bytes(most)}", "save it as a file, and name that file")
        return kept.finish()


def reader(data: Data) -> BinaryIO:
    """``data`` as a file of its own, at its start."""
    return io.BytesIO(data) if isinstance(data, bytes) else _View(data)


class _View(io.BufferedReader):
    """A file's mapped pages as a file, of which there may be several at different places."""

    def __init__(self, data: mmap.mmap) -> None:
        super().__init__(_Raw(memoryview(data)))
        self.data = data


class _Raw(io.RawIOBase):
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._data[self._place : self._place + len(buffer)]
        buffer[: len(chunk)] = chunk
        self._place += len(chunk)
        return len(chunk)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = max(0, offset + (0, self._place, len(self._data))[whence])
        return self._place
