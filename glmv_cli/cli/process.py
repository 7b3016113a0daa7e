"""What concerns the process as a whole: its standard streams, its signals, its end.

Nothing but ``os`` and ``sys`` is imported at the top: this runs before everything else.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERRUPTED = 130
PIPE_CLOSED = 141
OUR_THREADS = "glmv-"
"""What the names of threads begin with in which C code computes for long."""
MODEL_THREAD = f"{OUR_THREADS}model"
"""Name of the thread in which a chat's model computes."""


def is_debug(environ: Mapping[str, str]) -> bool:
    """``GLMV_DEBUG`` is set, and not to 0."""
    return environ.get("GLMV_DEBUG", "0") not in ("", "0")


def open_missing_streams() -> None:
    """Give descriptors 0 to 2 that are closed (``>&-``) to ``/dev/null``.

    Otherwise the next file that is opened would get such a number, and what a library writes to "stdout"
    would go into it. Python's own streams stay ``None``.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


def quiet_libraries() -> None:
    """Keep what libraries tell developers off the user's stderr, but for ``GLMV_DEBUG=1`` and ``python -W``.

    The variables are defaults, and read when the libraries are imported.
    """
    if is_debug(os.environ) or sys.warnoptions:
        return
    import warnings

    warnings.simplefilter("ignore")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def order_gpus() -> None:
    """Let CUDA number GPUs as the driver does, by bus id, unless the user wants it otherwise.

    A plan is made from what the driver says; CUDA by itself puts the fastest first. Read when CUDA starts.
    """
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


def calm_threads() -> None:
    """Let OpenMP's threads that have nothing to do wait actively for tens of microseconds only, unless the user wants
    it otherwise. Read when torch is imported.

    libgomp's own limit, 300,000 rounds, is some ten milliseconds, which they take from whom they wait for if there are
    fewer processors than busy threads; there it goes down to 100 to 1,000 itself, but knows its own threads only. None
    at all makes steps of many short parts slow. Milliseconds a token by ``benchmarks/waiting.py`` on two processors:
    GLM-4.5V's width beside a busy program / the demo model beside one / alone: 300,000 rounds 330 / 7 to 22 / 2.2;
    10,000 180 / 10 / 3.0; 1,000 165 / 3.2 / 3.6; none 150 to 200 / 2.5 / 5.7. GLM-4.5V's width alone: no difference.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def reuse_freed_memory(environ: Mapping[str, str]) -> bool:
    """Let pieces of memory up to 256 MiB, once freed, be used again, as in ``kernels/c/arena.c``, where glibc by itself
    gives large ones back at once: each layer of a prompt then waits until the system has filled them with zeros. With
    GLM-4.5V's width that is a tenth of the time of a first prompt of 512 tokens, and a fifth of the next one's.

    To be called before threads compute, which would have arenas of their own. False, and nothing is changed, with
    another C library, or if the user has told glibc what to do.
    """
    import ctypes

    if "GLIBC_TUNABLES" in environ or any(name.startswith("MALLOC_") for name in environ):
        return False
    mmap_threshold, trim_threshold, arena_max = -3, -1, -8  # as malloc.h names them
    kept, highest = 256 << 20, 32 << 20  # the latter is what old versions allow
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version()  # others may mean something else by these numbers
        if not (library.mallopt(mmap_threshold, kept) or library.mallopt(mmap_threshold, highest)):
            return False
        return bool(library.mallopt(trim_threshold, kept) and library.mallopt(arena_max, 1))
    except (AttributeError, OSError, TypeError):
        return False


def ignore_interrupts() -> None:
    """From here on the process only ends: a second Ctrl-C must not break into that with a traceback."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_line_of_terminal() -> None:
    """The shell's prompt shall not stand behind the ``^C`` that the terminal has echoed."""
    try:
        if sys.stderr is not None and sys.stderr.isatty():
            sys.stderr.write("\n")
    except OSError:
        pass  # the terminal is gone


def write_stdout(text: str) -> int:
    """Write ``text`` and return the exit code."""
    try:
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        return _report(error)
    return 0


def finish(status: int) -> int:
    """Flush what is buffered and return the exit code: ``status``, unless only this fails.

    What cannot be written is thrown away, or the interpreter would complain about it when it shuts down.
    """
    ignore_interrupts()
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError as error:
            _discard(stream)
            if status == 0:
                status = _report(error)
    return status


def end_if_computing(status: int) -> None:
    """End the process at once if a chat's model computes still, or a page is drawn: as its thread comes to the end of a
    step while the interpreter shuts down, it would be torn out of C++ code that cannot bear that.
    """
    threads = sys.modules.get("threading")  # without it there are none
    if threads is not None and any(thread.name.startswith(OUR_THREADS) for thread in threads.enumerate()):
        os._exit(status)


def _report(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    from contextlib import suppress

    from glmv_cli.cli.failures import write_failure
    from glmv_cli.render.errors import write_error
    from glmv_cli.render.output import Output

    shown = write_failure(error)
    with suppress(OSError):  # nobody listens on stderr; the exit code still tells
        write_error(Output.of_process(), shown)
    return shown.exit_code


def _discard(stream: TextIO) -> None:
    """Let what is left in ``stream``'s buffers go nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
