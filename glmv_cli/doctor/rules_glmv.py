"""What can be wrong with the installation, its settings and its models: a section of the facts → findings."""

from __future__ import annotations

from collections.abc import Iterator

from glmv_cli.doctor.facts import Configuration, Facts, GpuKernel, Kept, Kernel, Models, Place, Software, Unknown
from glmv_cli.doctor.finding import Finding, Severity
from glmv_cli.units import GIB, format_bytes

_ROOM = 10 * GIB
"""Of free disk: the smallest released model takes 7 GB at 4 bits."""
_LARGE = GIB
"""Of a history: it holds text only."""
_NEEDED = ("torch", "transformers")


def judge_kernel(kernel: Kernel, facts: Facts) -> Iterator[Finding]:
    """Without the C library, decoding takes several times as long."""
    if kernel.trouble is not None:
        yield Finding("error", kernel.trouble.message, kernel.trouble.hint)
        return
    if kernel.library is not None:
        software = facts.software
        if isinstance(software, Unknown):
            yield Finding("warning", f"{kernel.library}; decoding is several times slower", None)
            return
        get = f"'{software.get_compiler}'" if software.get_compiler else "install gcc or clang"
        compiler = "" if software.compiler else f"{get}, then "
        yield Finding(
            "warning", f"{kernel.library}; decoding is several times slower", f"{compiler}'{software.reinstall}'"
        )
    elif kernel.name is None:
        yield Finding("warning", f"the C library is not used: {kernel.why}", "run 'unset GLMV_KERNEL'")
    elif kernel.name.endswith(":portable"):
        yield Finding(
            "note", f"{kernel.name} computes: this processor has none of the instructions that make it fast", None
        )


def judge_gpu_kernels(kernels: tuple[GpuKernel, ...], facts: Facts) -> Iterator[Finding]:
    """Where Triton does not work, torch unpacks the weights for every product."""
    software = facts.software
    for kernel in kernels:
        if kernel.triton:
            continue
        hint: str | None = "install the headers of this Python (Debian: python3-dev)"
        if kernel.why.startswith("GLMV_KERNEL"):
            hint = "run 'unset GLMV_KERNEL'"
        elif "capability" in kernel.why:
            hint = None
        elif not isinstance(software, Unknown) and software.compiler is None:
            hint = f"'{software.get_compiler}'" if software.get_compiler else "install gcc or clang"
        yield Finding("warning", f"torch computes on GPU {kernel.index}, which is slower: {kernel.why}", hint)


def judge_software(software: Software, facts: Facts) -> Iterator[Finding]:
    """Packages that are missing, or of a version that was not meant."""
    for package in software.packages:
        if package.fits:
            continue
        wanted = f"{package.name}{package.wanted}"
        install = f"'{software.pip} install \"{wanted}\"'"
        if package.version is None:
            yield Finding("error", f"{package.name} is not installed", install)
        else:
            severity: Severity = "error" if package.name in _NEEDED else "warning"
            yield Finding(severity, f"{package.name} {package.version} is not {package.wanted}, as glmv asks", install)


def judge_configuration(configuration: Configuration, facts: Facts) -> Iterator[Finding]:
    """Settings that make no sense, or no difference."""
    if configuration.trouble is not None:
        yield Finding("error", configuration.trouble.message, configuration.trouble.hint)
    for name, near in configuration.strangers:
        meant = f"did you mean {near}? Else" if near else "if it is of no use,"
        yield Finding("warning", f"{name} is set, and means nothing to glmv", f"{meant} 'unset {name}'")
    for variable in configuration.variables:
        if variable.name == "HF_HUB_OFFLINE" and variable.value.lower() not in ("0", "no", "off", "false"):
            yield Finding("note", "HF_HUB_OFFLINE forbids 'glmv pull' to download", "run 'unset HF_HUB_OFFLINE' for it")
        if variable.name == "HF_ENDPOINT" and "://" not in variable.value:
            yield Finding(
                "warning",
                f"HF_ENDPOINT={variable.value} is no address: 'glmv pull' will fail",
                f"'export HF_ENDPOINT=https://{variable.value}', or 'unset HF_ENDPOINT'",
            )


def judge_places(places: tuple[Place, ...], facts: Facts) -> Iterator[Finding]:
    """Directories that cannot be written to, or are full."""
    for place in places:
        if place.path is None:
            yield Finding(
                "warning", f"there is no home directory for the {place.what}", "name a directory in GLMV_HOME"
            )
        elif not place.writable:
            yield Finding(
                "warning",
                f"the directory of the {place.what} cannot be written to: {place.path}",
                "make it writable, or name another directory in GLMV_HOME",
            )
        elif place.what == "models" and place.free < _ROOM:
            yield Finding(
                "note",
                f"only {format_bytes(place.free)} are free for models, in {place.path}",
                "'glmv models remove NAME' makes room; GLMV_HOME names a directory on another disk",
            )


def judge_history(history: Kept, facts: Facts) -> Iterator[Finding]:
    """It grows for ever."""
    if history.size is not None and history.size > _LARGE:
        yield Finding("note", f"the history takes {format_bytes(history.size)}", "'glmv history rm' makes it smaller")


def judge_models(models: Models, facts: Facts) -> Iterator[Finding]:
    """The model that answers, and work that was cut off."""
    if models.trouble is not None:
        hint = models.trouble.hint or "choose another with 'glmv models default NAME'"
        yield Finding("error", f"the default model cannot answer: {models.trouble.message}", hint)
    for cut_off in models.unfinished:
        yield Finding(
            "warning",
            f"{cut_off.path} was begun and not finished",
            f"go on with '{cut_off.finish}', or throw it away with '{cut_off.discard}'",
        )


def judge_encoding(encoding: str, facts: Facts) -> Iterator[Finding]:
    """Answers may be in any language."""
    if encoding.lower().replace("-", "").replace("_", "") != "utf8":
        yield Finding(
            "warning", f"the terminal takes {encoding}: other characters are shown as ?", "run 'export LC_ALL=C.UTF-8'"
        )
