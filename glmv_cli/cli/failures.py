"""Any exception, put into the words and the exit code that a user gets."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import typer

from glmv_cli.cli.environment import Environment
from glmv_cli.errors import GlmvError, MemoryShortageError, UsageError
from glmv_cli.render.sanitize import visible

_IN_OTHER_WORDS = (
    (re.compile("is not a valid int(eger)?( range)?"), "is not a whole number"),
    (re.compile("is not a valid float( range)?"), "is not a number"),
)
"""Typer's names of types are for programmers."""


class InternalError(GlmvError):
    """A bug of ours."""

    exit_code: ClassVar[int] = 70


def explain(error: Exception) -> GlmvError:
    """``error`` as it is shown to the user.

    An ``OSError`` counts as one of *writing*: those of reading are turned into ``GlmvError`` where they
    happen, by :func:`reading` and by the layers below.
    """
    if isinstance(error, GlmvError):
        return error
    if isinstance(error, typer.TyperException):
        return _usage_error(error)
    if isinstance(error, OSError):
        return write_failure(error)
    if _is_out_of_memory(error):
        return _memory_shortage()
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return InternalError(
        f"internal error: {what}",
        hint="this is a bug in glmv: please report it, with the traceback that GLMV_DEBUG=1 shows",
    )


def write_failure(error: OSError) -> GlmvError:
    """What is said when standard output or standard error cannot be written to."""
    hint = "make room on the disk, or write somewhere else" if error.errno == errno.ENOSPC else None
    return GlmvError(f"cannot write the output: {error.strerror or error}", hint=hint)


def write_traceback(environment: Environment, error: BaseException) -> None:
    """Show where ``error`` came from, if ``GLMV_DEBUG=1`` asks for it."""
    if environment.debug:
        import traceback

        environment.output.to_stderr(visible("".join(traceback.format_exception(error))))


def caused_by_interrupt(error: BaseException) -> bool:
    """Whether a Ctrl-C lies behind ``error``: C code that it interrupts may raise something else."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


@contextmanager
def reading() -> Iterator[None]:
    """Turn what the system refuses, and a lack of memory, into ``GlmvError``.

    Inside, nothing is written but progress; that its reader went away is no failure of reading.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise _memory_shortage() from error
        what = f"{error.strerror or error}{_file_of(error)}"
        raise GlmvError(f"the operating system refuses: {what}") from error
    except Exception as error:
        if _is_out_of_memory(error):
            raise _memory_shortage() from error
        raise


def _usage_error(error: typer.TyperException) -> UsageError:
    """Typer's sentences in our form: lower case, no full stop, and where to read on."""
    message = error.format_message()
    message = message[:1].lower() + message[1:].removesuffix(".")
    for theirs, ours in _IN_OTHER_WORDS:
        message = theirs.sub(ours, message)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "glmv"
    return UsageError(message, hint=f"run '{command} --help'")


def _memory_shortage() -> MemoryShortageError:
    return MemoryShortageError(
        "not enough memory",
        hint="give the model less room, with --cpu-memory, --gpu-memory or --context ('glmv plan' shows what they do), "
        "close other programs, or ask about fewer or smaller files",
    )


def _is_out_of_memory(error: Exception) -> bool:
    """torch is not imported for this: its error for GPUs is known by name, the one for CPUs by its text."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and re.search("can't allocate memory", str(error)) is not None)
    )


def _file_of(error: OSError) -> str:
    return f" ({error.filename})" if error.filename is not None else ""
