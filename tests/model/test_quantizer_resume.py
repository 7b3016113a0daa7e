"""Quantizing that is interrupted goes on, and ends with the bytes of a run that was not."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from glmv_cli.errors import DiskFullError, GlmvError, ModelError, UsageError
from glmv_cli.model import conversion
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from glmv_cli.store.safetensors_header import Header
from glmv_cli.store.workplace import open_workplace
from tests.checkpoints import write_checkpoint
from tests.model.sources import files_of, to_fp8

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("source") / "moe", "glm4v_moe", shards=4)


@pytest.fixture(scope="module")
def expected(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("expected") / "out"
    quantize(LocalSource.open(checkpoint, "moe"), out)
    return files_of(out)


@pytest.fixture
def saves_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_SECONDS", 0.0)


class StopAt:
    """Progress that raises when so many bytes are done."""

    def __init__(self, part: float, error: BaseException) -> None:
        self._part, self._error = part, error
        self.first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        self.first = done if self.first is None else self.first
        if done >= self._part * total:
            raise self._error


def interrupt(source: Path, out: Path, part: float = 0.5, **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        quantize(LocalSource.open(source, "moe"), out, progress=StopAt(part, KeyboardInterrupt()), **options)
    assert not out.exists()
    assert (out.parent / "out.partial").is_dir()


def first_progress(source: Path, out: Path, **options: Any) -> int:
    """Finish the work; how much of it was done before."""
    seen: list[int] = []
    quantize(LocalSource.open(source, "moe"), out, progress=lambda done, _: seen.append(done), **options)
    return seen[0]


def test_an_interrupted_run_goes_on_where_it_stopped(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for part in (0.2, 0.6, 0.9):
        interrupt(checkpoint, out, part)
    total = sum(file.stat().st_size for file in checkpoint.glob("*.safetensors"))
    assert first_progress(checkpoint, out) > 0.8 * total
    assert files_of(out) == expected
    assert list(tmp_path.iterdir()) == [out]


KILLED = """
import os, random, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from glmv_cli.model import blueprint, conversion
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource

conversion._SECONDS = 0.0
blueprint.PART_ELEMENTS = 4096
source, base = Path(sys.argv[1]), Path(sys.argv[2])

def run(out):
    quantize(LocalSource.open(source, "moe"), out)

def die_at(call):
    # The moments are counted in what is asked of the system, so that a slow machine has the same ones.
    def dying(name):
        original = getattr(os, name)
        def replaced(*arguments, **more):
            nonlocal call
            call -= 1
            if call == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **more)
        setattr(os, name, replaced)
    for name in ("pwrite", "write", "fsync", "fdatasync", "rename", "open", "preadv"):
        dying(name)

run(base / "undisturbed")
choose = random.Random(int(sys.argv[3]))
kills = 0
while True:
    child = os.fork()
    if child == 0:
        try:
            die_at(choose.randint(1, 600) if kills < 12 else 0)
            run(base / "out")
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if status == 0:
        break
    assert os.WIFSIGNALED(status), status
    kills += 1
    if (base / "out").exists():
        break  # it is the last step that was killed: cleaning up
    choose = random.Random(f"{sys.argv[3]} {kills}")
print(kills)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments(checkpoint: Path, expected: dict[str, bytes], tmp_path: Path, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(checkpoint), str(tmp_path), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 2
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed") == expected


def full_after(calls: int) -> Iterator[bool]:
    """Whether the disk is full, call by call."""
    for _ in range(calls):
        yield False
    while True:
        yield True


@pytest.mark.parametrize("calls", [0, 3, 200])
def test_a_disk_that_fills_up_is_no_loss(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    full, write = full_after(calls), os.pwrite

    def pwrite(descriptor: int, data: Any, offset: int) -> int:
        if next(full):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", pwrite)
        with pytest.raises(DiskFullError, match="no room left") as caught:
            quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")
    assert "goes on where it stopped" in str(caught.value.hint)
    quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")
    assert files_of(tmp_path / "out") == expected


def test_a_file_system_that_refuses_the_size_is_met_before_any_work(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(DiskFullError):
            quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")
    assert files_of(tmp_path / "out") == expected


def test_a_small_file_system(checkpoint: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    mounted = tmp_path / "disk"
    mounted.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "x", mounted], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("may not mount file systems here")
    try:
        with pytest.raises(DiskFullError, match="KiB are free") as caught:
            quantize(LocalSource.open(checkpoint, "moe"), mounted / "out")
        assert "bytes and run the same command again" in str(caught.value.hint)
        subprocess.run(["mount", "-o", "remount,size=8m", mounted], check=True)
        quantize(LocalSource.open(checkpoint, "moe"), mounted / "out")
        assert files_of(mounted / "out") == expected
    finally:
        subprocess.run(["umount", mounted], check=True)


@pytest.mark.usefixtures("saves_often")
@pytest.mark.parametrize("tail", [b'{"parts":[1,2', b"\0\0\0\0\n", b'{"parts":[9999999],', b"[]\n"])
def test_a_journal_with_a_damaged_end_is_good_up_to_there(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path, tail: bytes
) -> None:
    interrupt(checkpoint, tmp_path / "out")
    with (tmp_path / "out.partial" / "journal.jsonl").open("ab") as journal:
        journal.write(tail)
    assert first_progress(checkpoint, tmp_path / "out") > 0
    assert files_of(tmp_path / "out") == expected


@pytest.mark.usefixtures("saves_often")
def test_a_lost_journal_means_beginning_again(checkpoint: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    interrupt(checkpoint, tmp_path / "out")
    (tmp_path / "out.partial" / "journal.jsonl").unlink()
    assert first_progress(checkpoint, tmp_path / "out") == 0
    assert files_of(tmp_path / "out") == expected


def test_other_options_or_a_changed_source_need_force(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    source = tmp_path / "moe"
    source.mkdir()
    for file in checkpoint.iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    interrupt(source, tmp_path / "out")
    with pytest.raises(UsageError, match="other options"):
        quantize(LocalSource.open(source, "moe"), tmp_path / "out", search=True)
    os.utime(next(source.glob("*.safetensors")), ns=(1, 1))
    with pytest.raises(UsageError, match="another state") as caught:
        quantize(LocalSource.open(source, "moe"), tmp_path / "out")
    assert "--force" in str(caught.value.hint)
    quantize(LocalSource.open(source, "moe"), tmp_path / "out", force=True)
    assert files_of(tmp_path / "out") == expected


def test_a_complete_result_is_replaced_only_by_force(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    quantize(LocalSource.open(checkpoint, "moe"), out)
    before = files_of(out)
    with pytest.raises(UsageError, match="complete"):
        quantize(LocalSource.open(checkpoint, "moe"), out, search=True)
    assert files_of(out) == before
    quantize(LocalSource.open(checkpoint, "moe"), out, search=True, force=True)
    assert files_of(out)["model.safetensors"] != before["model.safetensors"]
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_checkpoint_is_never_replaced(checkpoint: Path, tmp_path: Path, force: bool) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("more of it")
    for name in ("out", "file"):
        with pytest.raises(UsageError):
            quantize(LocalSource.open(checkpoint, "moe"), tmp_path / name, force=force)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_an_empty_directory_may_be_there(checkpoint: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")
    assert files_of(tmp_path / "out") == expected


def test_two_runs_at_once_do_not_meet(checkpoint: Path, tmp_path: Path) -> None:
    with (
        open_workplace(tmp_path / "out", "anything", force=False),
        pytest.raises(GlmvError, match="another process is writing"),
    ):
        quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")


class OneAtATime:
    """A source that notices which of its files are here."""

    def __init__(self, directory: Path) -> None:
        self._local = LocalSource.open(directory, "moe")
        self.name, self.identity, self.revision = "moe", self._local.identity, "abc"
        self.config, self.largest_download = self._local.config, 0
        self.headers: Mapping[str, Header] = self._local.headers
        self.here: set[str] = set()
        self.most = 0
        self.fetched: Counter[str] = Counter()

    def copy_small_files(self, target: Path) -> None:
        self._local.copy_small_files(target)

    def fetch(self, shard: str) -> Path:
        self.here.add(shard)
        self.fetched[shard] += 1
        self.most = max(self.most, len(self.here))
        return self._local.fetch(shard)

    def release(self, shard: str) -> None:
        self.here.discard(shard)


@pytest.mark.usefixtures("saves_often")
def test_files_are_fetched_once_one_at_a_time_and_released(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    source = OneAtATime(checkpoint)
    with pytest.raises(ModelError):
        quantize(source, tmp_path / "out", progress=StopAt(0.6, ModelError("stopped")))
    begun = set(source.fetched)
    assert source.most == 1
    assert len(begun) < 4
    source = OneAtATime(checkpoint)
    quantize(source, tmp_path / "out")
    assert source.most == 1
    assert source.here == set()
    assert len(begun & set(source.fetched)) <= 1  # what was done is not fetched again
    assert files_of(tmp_path / "out")["model.safetensors"] == expected["model.safetensors"]


def test_a_scale_in_another_file_keeps_that_file_here(tmp_path: Path) -> None:
    directory = write_checkpoint(tmp_path / "fp8", "glm4_moe")
    to_fp8(directory, "channel")
    quantize(LocalSource.open(directory, "moe"), tmp_path / "whole")
    tensors = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").unlink()
    names = {name: f"model-{1 + name.endswith('_scale')}.safetensors" for name in tensors}
    for file in set(names.values()):
        save_file({n: t for n, t in tensors.items() if names[n] == file}, directory / file)
    (directory / "model.safetensors.index.json").write_text(f'{{"weight_map": {names}}}'.replace("'", '"'))
    source = OneAtATime(directory)
    source.revision = None  # type: ignore[assignment]
    quantize(source, tmp_path / "split")
    assert source.most == 2
    assert source.here == set()
    assert files_of(tmp_path / "split") == files_of(tmp_path / "whole")


def test_a_source_that_shrinks_meanwhile_is_named(checkpoint: Path, tmp_path: Path) -> None:
    copy = tmp_path / "moe"
    copy.mkdir()
    for file in checkpoint.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    source = LocalSource.open(copy, "moe")
    last = sorted(copy.glob("*.safetensors"))[-1]
    os.truncate(last, last.stat().st_size - 5000)
    with pytest.raises(ModelError, match=rf"{last.name} was cut short"):
        quantize(source, tmp_path / "out")


def test_threads_of_the_caller_keep_their_number(checkpoint: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    quantize(LocalSource.open(checkpoint, "moe"), tmp_path / "out")
    assert torch.get_num_threads() == before


@pytest.mark.usefixtures("saves_often")
def test_files_that_somebody_deleted_are_made_again(
    checkpoint: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    interrupt(checkpoint, tmp_path / "out")
    (tmp_path / "out.partial" / "result" / "model.safetensors").unlink()
    assert first_progress(checkpoint, tmp_path / "out") == 0
    assert files_of(tmp_path / "out") == expected
