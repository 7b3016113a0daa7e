"""The C library that is loaded, or why there is none."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmv_cli.errors import MemoryShortageError
from glmv_cli.kernels import library

COMPILER = os.environ.get("CC", "cc")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where the library is looked for, instead of beside the package."""
    path = tmp_path / "libglmv.so"
    monkeypatch.setattr(library, "LIBRARY", path)
    library.load.cache_clear()
    yield path
    library.load.cache_clear()


def test_a_library_that_was_not_built_is_told(elsewhere: Path) -> None:
    assert "without a C compiler" in str(library.load())


def test_a_file_that_is_no_library_is_told(elsewhere: Path) -> None:
    elsewhere.write_bytes(b"no library")
    assert "cannot be loaded" in str(library.load())


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason="there is no C compiler")
@pytest.mark.parametrize(
    "source",
    ["int glmv_abi(void) { return 1; }", f"int glmv_abi(void) {{ return {library.ABI}; }}", "int other(void);"],
    ids=["another number", "functions that are missing", "not even a number"],
)
def test_a_library_of_another_version_is_told(source: str, elsewhere: Path) -> None:
    file = elsewhere.with_name("other.c")
    file.write_text(source)
    subprocess.run([COMPILER, "-shared", "-fPIC", str(file), "-o", str(elsewhere)], check=True)
    assert "belongs to another version of glmv" in str(library.load())


def test_the_number_of_the_interface_is_that_of_the_header() -> None:
    header = Path(library.__file__).with_name("c") / "glmv.h"
    assert f"#define GLMV_ABI {library.ABI} " in header.read_text()


@pytest.mark.skipif(isinstance(library.load(), str), reason=str(library.load()))
def test_no_function_is_called_undeclared() -> None:
    """Undeclared, ctypes would pass sizes as C's int, and cut them."""
    loaded = library.load()
    assert isinstance(loaded, ctypes.CDLL)
    headers = (Path(library.__file__).with_name("c") / name for name in ("glmv.h", "decode.h"))
    words = {word for header in headers for word in header.read_text().replace("*", " ").replace("(", " ( ").split()}
    functions = {word for word in words if word.startswith("glmv_") and hasattr(loaded, word)}
    undeclared = {name for name in functions if not vars(loaded)[name].argtypes} - {"glmv_abi"}
    assert functions >= {"glmv_linear", "glmv_route"}
    assert not undeclared


def test_statuses_are_errors() -> None:
    library.check(0)
    with pytest.raises(MemoryShortageError) as raised:
        library.check(1)
    assert raised.value.hint is not None
    with pytest.raises(IndexError, match="expert"):
        library.check(2)
