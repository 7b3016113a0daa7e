"""What is installed, and the commands that mend it."""

from __future__ import annotations

import json
from importlib import metadata

import pytest

from glmv_cli.doctor import software
from glmv_cli.doctor.software import package, read_kernel, read_software, reinstall
from glmv_cli.kernels import library, native


def test_a_version_is_compared_with_what_is_wanted() -> None:
    version = metadata.version("torch")
    assert package("torch", ">=2.8").fits
    assert package("torch", "").version == version
    assert not package("torch", ">=99").fits
    assert package("no-such-thing", ">=1").version is None


def test_builds_of_a_version_fit_its_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0+cpu")
    assert package("torch", ">=2.8,<3").fits


def test_this_installation() -> None:
    found = read_software()
    assert {"torch", "transformers"} <= {package.name for package in found.packages}
    assert found.pip.endswith("-m pip")


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ({"url": "file:///a%20b/glmv", "dir_info": {"editable": True}}, "--no-deps -e '/a b/glmv'"),
        ({"url": "file:///src/glmv", "dir_info": {}}, "--no-deps /src/glmv"),
        ({"url": "https://host/glmv.whl"}, "--no-deps https://host/glmv.whl"),
        ({}, "--no-deps glmv-cli"),
    ],
)
def test_it_is_installed_again_from_where_it_came(origin: object, command: str) -> None:
    assert reinstall(json.dumps(origin), "pip") == f"pip install --force-reinstall {command}"


def test_in_a_checkout_that_was_not_installed_the_library_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "DISTRIBUTION", "no-such-thing")
    found = read_software()
    assert found.reinstall.startswith("cmake -S ")
    assert [package.name for package in found.packages][:2] == ["torch", "transformers"]


def test_the_kernel_and_its_alternatives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, "torch")
    found = read_kernel()
    assert (found.name, found.trouble) == (None, None)
    assert "torch" not in found.others
    monkeypatch.setenv(native.VARIABLE, "magic")
    trouble = read_kernel().trouble
    assert trouble is not None
    assert trouble.message.startswith("GLMV_KERNEL=magic is not available")


def test_without_the_library_torch_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "load", lambda: "the C library is not there")
    native.choose.cache_clear()
    try:
        found = read_kernel()
    finally:
        native.choose.cache_clear()
    assert (found.name, found.library, found.others) == (None, "the C library is not there", ())
