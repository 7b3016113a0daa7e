"""What is installed: the C library and its kernels, torch, the packages that glmv needs, a compiler."""

from __future__ import annotations

import json
import platform
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from glmv_cli import __version__
from glmv_cli.doctor.facts import GpuKernel, Kernel, Package, Software, TorchBuild, Trouble
from glmv_cli.errors import GlmvError

DISTRIBUTION = "glmv-cli"
_ALSO = ("bitsandbytes", "triton")
"""Not needed; what they are matters to bug reports."""
_COMPILERS = ("cc", "gcc", "clang")
_MANAGERS = (
    ("apt-get", "sudo apt-get install gcc"),
    ("dnf", "sudo dnf install gcc"),
    ("zypper", "sudo zypper install gcc"),
    ("pacman", "sudo pacman -S gcc"),
    ("apk", "sudo apk add gcc musl-dev"),
)


def read_kernel() -> Kernel:
    """What computes, and what could."""
    import ctypes

    from glmv_cli.kernels import library, native

    loaded = library.load()
    missing = loaded if isinstance(loaded, str) else None
    runs = native.kernels_of(loaded) if isinstance(loaded, ctypes.CDLL) else ()
    names = (*(kernel.name for kernel in runs), "torch")
    try:
        choice = native.chosen()
    except GlmvError as error:
        return Kernel(None, error.message, names, missing, Trouble(error.message, error.hint))
    name = None if choice.kernel is None else choice.kernel.name
    return Kernel(name, choice.why, tuple(other for other in names if other != (name or "torch")), missing)


def read_gpu_kernels() -> tuple[GpuKernel, ...]:
    """What computes on each GPU that torch finds; Triton is tried, and compiles for it."""
    import torch

    from glmv_cli.kernels.gpu.choice import chosen

    choices = [chosen(torch.device("cuda", index)) for index in range(torch.cuda.device_count())]
    return tuple(GpuKernel(index, choice.triton, choice.why) for index, choice in enumerate(choices))


def read_torch() -> TorchBuild:
    """Imports it, which takes seconds."""
    import torch

    return TorchBuild(torch.__version__, torch.version.cuda, torch.cuda.is_available())


def read_software() -> Software:
    """Versions are read from what pip wrote; nothing is imported."""
    pip = f"{shlex.quote(sys.executable)} -m pip"
    return Software(
        glmv=__version__,
        python=platform.python_version(),
        packages=_packages(),
        reinstall=reinstall(_origin(), pip),
        pip=pip,
        compiler=next(filter(None, map(shutil.which, _COMPILERS)), None),
        get_compiler=next((command for manager, command in _MANAGERS if shutil.which(manager)), None),
    )


def _packages() -> tuple[Package, ...]:
    """What glmv asks for, and what is there beside it; without pip's notes of glmv itself, every version fits."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(line) for line in metadata.requires(DISTRIBUTION) or ()]
    except metadata.PackageNotFoundError:
        needed = [Requirement("torch"), Requirement("transformers")]
    found = [package(r.name, str(r.specifier)) for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    also = [package(name, "") for name in _ALSO]
    return (*found, *(other for other in also if other.version is not None))


def package(name: str, wanted: str) -> Package:
    """An installed package, and whether its version lies in the range ``wanted``."""
    from packaging.specifiers import SpecifierSet

    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Package(name, None, wanted, fits=False)
    return Package(name, version, wanted, SpecifierSet(wanted).contains(version, prereleases=True))


def _origin() -> str | None:
    """What pip noted about where glmv came from, as JSON; None: glmv was not installed."""
    try:
        return metadata.distribution(DISTRIBUTION).read_text("direct_url.json") or "{}"
    except metadata.PackageNotFoundError:
        return None


def reinstall(origin: str | None, pip: str) -> str:
    """The command that builds and installs glmv again. ``origin``: as pip notes it, a ``direct_url.json`` (PEP 610);
    None: it is not installed, and the library alone is built where the sources lie.
    """
    if origin is None:
        return _build()
    noted = json.loads(origin)
    url = str(noted.get("url", ""))
    path = unquote(urlsplit(url).path) if url.startswith("file:") else url
    editable = "-e " if noted.get("dir_info", {}).get("editable") else ""
    return f"{pip} install --force-reinstall --no-deps {editable}{shlex.quote(path) if path else DISTRIBUTION}"


def _build() -> str:
    root = Path(__file__).parent.parent.parent
    build = shlex.quote(str(root / "build" / "kernels"))
    source = shlex.quote(str(root / "glmv_cli" / "kernels" / "c"))
    return f"cmake -S {source} -B {build} && cmake --build {build}"
