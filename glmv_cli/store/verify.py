"""Whether a 4-bit checkpoint is what its manifest says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from glmv_cli.store.manifest import Manifest, digest_of_range
from glmv_cli.store.safetensors_header import Header

Progress = Callable[[int, int], None]


def verify(directory: Path, headers: Mapping[str, Header], manifest: Manifest, progress: Progress) -> list[str]:
    """What is wrong, a line each; nothing if all is well. Every byte of the weights is read.

    ``headers``: those of the files of weights that are there. ``progress`` hears bytes done and to do.
    """
    problems = _files(directory, headers, manifest)
    places = {name: (file, info) for file, header in headers.items() for name, info in header.tensors.items()}
    problems += [f"{name}: missing" for name in manifest.tensors if name not in places]
    problems += [f"{name}: not in the manifest" for name in places if name not in manifest.tensors]
    total = sum(info.size for _, info in places.values())
    done = 0
    for name, (file, info) in places.items():
        found = digest_of_range(directory / file, info.start, info.end)
        if found != manifest.tensors.get(name, found):
            problems.append(f"{name}: the weights in {file} are not those that were written")
        done += info.size
        progress(done, total)
    return problems


def _files(directory: Path, headers: Mapping[str, Header], manifest: Manifest) -> list[str]:
    """Small files as a whole; of files of weights the headers, and with them names, types, shapes and sizes."""
    problems = []
    for name, expected in manifest.files.items():
        path = directory / name
        if not path.is_file():
            problems.append(f"{name}: missing")
            continue
        end = headers[name].size if name in headers else path.stat().st_size
        if digest_of_range(path, 0, end) != expected:
            what = "its list of tensors" if name in headers else "it"
            problems.append(f"{name}: {what} is not what was written")
    return problems + [f"{name}: not in the manifest" for name in headers if name not in manifest.files]
