from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from glmv_cli.store.config_file import read_config
from glmv_cli.store.workplace import open_workplace
from tests.checkpoints import write_checkpoint
from tests.cli.fakes import Glmv, Ran
from tests.hub_stand_in import HubStandIn, Repo

ROOT = Path(__file__).parent.parent.parent
LONG = 600
"""Seconds after which something hangs, and is not merely slow."""
REPO = "zai-org/GLM-4.5V"
SHARDS = [f"model-0000{number}-of-00004.safetensors" for number in range(1, 5)]


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint as it lies on the hub, in four files of about 550 kB."""
    return write_checkpoint(tmp_path_factory.mktemp("released"), "glm4v_moe", shards=4)


@pytest.fixture
def stand_in(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    with HubStandIn({REPO: Repo(released)}) as hub:
        # What huggingface_hub has made of the environment by now.
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
        template = f"{hub.endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub-cache"))
        yield hub


@pytest.fixture
def home(glmv: Glmv) -> Path:
    return glmv.home


def pull(glmv: Glmv, *arguments: str) -> Ran:
    return glmv("pull", *arguments, environ={})


def downloaded(stand_in: HubStandIn) -> list[str]:
    """The files of weights of which more than a header was asked for, in order."""
    return [name for name, span in stand_in.served if name in SHARDS and span != "bytes=0-262143"]


def test_a_model_is_pulled_and_becomes_the_default(glmv: Glmv, home: Path, stand_in: HubStandIn) -> None:
    ran = pull(glmv, REPO)
    assert (ran.status, ran.stdout) == (0, ""), ran.stderr
    first, *rest = ran.stderr.splitlines()
    assert first.startswith(f"note: {REPO} at {stand_in.repos[REPO].commit[:12]}: 2.1 MiB in 4 files become 1.2 MiB;")
    assert rest == [
        "note: glm-4.5v is the default model now",
        "note: ask it with: glmv describe photo.jpg",
    ]
    assert downloaded(stand_in) == SHARDS
    assert read_config(home / "config.toml") == {"model": "glm-4.5v"}
    assert [path.name for path in (home / "models").iterdir()] == ["glm-4.5v"]
    assert glmv("ask", "hi", environ={}).opened == ["glm-4.5v"]


def test_pulling_again_says_that_it_is_there_and_asks_nobody(glmv: Glmv, home: Path, stand_in: HubStandIn) -> None:
    pull(glmv, REPO)
    stand_in.gone = True
    commit = stand_in.repos[REPO].commit
    for arguments in ((REPO,), (REPO.lower(),), (REPO, "--revision", commit), (REPO, "--revision", commit[:8])):
        ran = pull(glmv, *arguments)
        assert (ran.status, ran.stderr) == (0, f"note: glm-4.5v is here already, from {REPO} at {commit[:12]}\n")


def test_a_default_that_was_chosen_stays(glmv: Glmv, home: Path, stand_in: HubStandIn) -> None:
    glmv("models", "default", "demo", environ={})
    ran = pull(glmv, REPO, "--name", "big")
    assert ran.stderr.splitlines()[-1] == "note: ask it with: glmv describe photo.jpg -m big"
    assert read_config(home / "config.toml") == {"model": "demo"}
    assert glmv("ask", "hi", "-m", "big", environ={}).opened == ["big"]


def test_a_name_is_for_one_model(glmv: Glmv, home: Path, stand_in: HubStandIn) -> None:
    pull(glmv, REPO)
    stand_in.repos["other/GLM-4.5V"] = stand_in.repos[REPO]
    ran = pull(glmv, "other/GLM-4.5V")
    assert ran.status == 2
    assert f"there is a model called glm-4.5v already, from {REPO}" in ran.stderr
    assert "--name" in ran.stderr


def test_a_directory_that_is_in_the_way_is_left_alone(glmv: Glmv, home: Path, stand_in: HubStandIn) -> None:
    (home / "models" / "glm-4.5v").mkdir(parents=True)
    ran = pull(glmv, REPO)
    assert ran.status == 2
    assert "is no model" in ran.stderr
    assert stand_in.served == []


@pytest.mark.parametrize(
    ("repo", "hint"),
    [("a/b/c", "zai-org/GLM-4.5V"), ("./fake", "glmv quantize ./fake"), ("", "zai-org"), ("../x", "zai-org")],
)
def test_what_is_no_name_on_the_hub(glmv: Glmv, repo: str, hint: str) -> None:
    ran = pull(glmv, repo)
    assert ran.status == 2
    assert "is not the name of a model on the hub" in ran.stderr
    assert hint in ran.stderr


@pytest.mark.parametrize("name", ["demo", "a/b", "..", "-x"])
def test_what_a_model_cannot_be_called(glmv: Glmv, name: str) -> None:
    ran = pull(glmv, REPO, f"--name={name}")
    assert ran.status == 2
    assert "cannot be called" in ran.stderr


@pytest.mark.parametrize("arguments", [("org/None",), (REPO, "--revision", "v9")])
def test_what_the_hub_does_not_have_leaves_nothing(
    glmv: Glmv, home: Path, stand_in: HubStandIn, arguments: tuple[str, ...]
) -> None:
    assert pull(glmv, *arguments).status == 69
    assert not (home / "models").exists()


def test_a_kind_of_model_that_is_unknown_is_refused_before_anything_is_downloaded(
    glmv: Glmv, home: Path, stand_in: HubStandIn, released: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(released, other)
    (other / "config.json").write_text('{"model_type": "llama"}')
    stand_in.repos["org/Llama"] = Repo(other)
    ran = pull(glmv, "org/Llama")
    assert ran.status == 69
    assert "models of type 'llama' are not supported" in ran.stderr
    assert downloaded(stand_in) == []
    assert list(names(glmv)) == ["demo"]


def test_a_disk_without_room_is_told_before_anything_is_downloaded(
    glmv: Glmv, home: Path, stand_in: HubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1 << 20)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    ran = pull(glmv, REPO)
    assert ran.status == 74
    assert "glm-4.5v needs 1.8 MiB on the disk, of which 1.0 MiB are free" in ran.stderr
    assert downloaded(stand_in) == []
    assert list(names(glmv)) == ["demo"]


def test_a_pull_that_failed_goes_on(glmv: Glmv, home: Path, stand_in: HubStandIn) -> None:
    stand_in.corrupt[SHARDS[2]] = 2
    ran = pull(glmv, REPO)
    assert ran.status == 69
    assert "is damaged" in ran.stderr
    assert names(glmv)["glm-4.5v"].endswith(f"{REPO}, unfinished")
    assert "go on with 'glmv pull" in glmv("ask", "hi", "-m", REPO, environ={}).stderr
    stand_in.repos["other/GLM-4.5V"] = stand_in.repos[REPO]
    for arguments in (("other/GLM-4.5V",), (REPO, "--search")):  # another source, another way
        ran = pull(glmv, *arguments)
        assert ran.status == 2
        assert "'glmv models remove glm-4.5v'" in ran.stderr
    stand_in.served.clear()
    assert pull(glmv, REPO).status == 0
    assert downloaded(stand_in) == SHARDS[2:]


def test_a_pull_that_was_killed_at_the_very_end_only_takes_its_place(
    glmv: Glmv, home: Path, stand_in: HubStandIn
) -> None:
    pull(glmv, REPO)
    work = home / "models" / ".incomplete" / "glm-4.5v"
    work.mkdir(parents=True)
    (home / "models" / "glm-4.5v").rename(work / "model")
    stand_in.gone = True
    assert pull(glmv, REPO).status == 0
    assert [path.name for path in (home / "models").iterdir()] == ["glm-4.5v"]


def test_quantize_takes_a_model_on_the_hub_too(glmv: Glmv, stand_in: HubStandIn, folder: Path) -> None:
    stand_in.corrupt[SHARDS[1]] = 2
    assert glmv("quantize", REPO, "small").status == 69
    assert not (folder / "small").exists()
    stand_in.repos["other/Model"] = stand_in.repos[REPO]
    ran = glmv("quantize", "other/Model", "small")
    assert ran.status == 2
    assert f"holds an unfinished download of {REPO}" in ran.stderr
    assert glmv("quantize", "other/Model", "small", "--force", "--revision", "main").status == 0
    assert json.loads((folder / "small" / "manifest.json").read_text())["source"] == "other/Model"
    assert not (folder / "small.partial").exists()


def test_what_another_process_is_at_is_left_alone(glmv: Glmv, home: Path, stand_in: HubStandIn, folder: Path) -> None:
    result = home / "models" / ".incomplete" / "glm-4.5v" / "model"
    with open_workplace(result, "s", force=False), open_workplace(folder / "small", "s", force=False):
        for arguments in (("pull", REPO), ("quantize", REPO, "small", "--force")):
            ran = glmv(*arguments, environ={})
            assert ran.status == 1
            assert "another process is writing" in ran.stderr
    assert stand_in.served == []
    assert not list(home.rglob("glmv-origin.json")) + list(folder.rglob("glmv-origin.json"))


def names(glmv: Glmv) -> dict[str, str]:
    """What ``glmv models`` lists: name → line."""
    listed = Glmv(glmv.checkpoint)("models", environ={}).stdout
    return {line.removeprefix("*").split()[0]: line for line in listed.splitlines()[1:]}


@pytest.mark.slow
def test_a_pull_over_a_bad_line_that_is_killed_goes_on_to_the_same_bytes(
    home: Path, stand_in: HubStandIn, released: Path, tmp_path: Path
) -> None:
    environ = {
        **os.environ,
        "GLMV_HOME": str(home),
        "HF_ENDPOINT": stand_in.endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "glmv_cli", "pull", REPO]
    stand_in.cuts = {SHARDS[0]: [100_000], SHARDS[3]: [50_000]}
    stand_in.holds[SHARDS[2]] = threading.Event()
    work = home / "models" / ".incomplete" / "glm-4.5v"
    with Witness(work) as witness:
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as process:
            assert stand_in.held.wait(LONG)
            assert witness.waits_for(f"{SHARDS[2]}.part")
            assert witness.weights() == {SHARDS[2]}
            process.send_signal(signal.SIGKILL)
        stand_in.holds[SHARDS[2]].set()
        assert not (home / "models" / "glm-4.5v").exists()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LONG, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert witness.most == 1
    assert downloaded(stand_in).count(SHARDS[0]) == 2  # it broke once, and was not asked for again
    assert stand_in.ranges(SHARDS[2])[-1] != f"bytes=0-{(released / SHARDS[2]).stat().st_size - 1}"

    quantize(LocalSource.open(released), tmp_path / "local")
    ours, theirs = contents(home / "models" / "glm-4.5v"), contents(tmp_path / "local")
    manifest, expected = json.loads(ours.pop("manifest.json")), json.loads(theirs.pop("manifest.json"))
    assert ours == theirs
    assert manifest == expected | {"source": REPO, "revision": stand_in.repos[REPO].commit}


class Witness:
    """Looks all the time of how many files of weights there is anything in a directory."""

    def __init__(self, directory: Path) -> None:
        self.most = 0
        self._directory = directory
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def weights(self) -> set[str]:
        """Their names when they are whole."""
        try:
            names = [path.name for path in self._directory.iterdir()]
        except FileNotFoundError:
            return set()
        return {name.removesuffix(".part") for name in names if ".safetensors" in name}

    def waits_for(self, name: str) -> bool:
        """Whether there comes to be something in the file."""
        path = self._directory / name
        for _ in range(100 * LONG):
            if path.exists() and path.stat().st_size:
                return True
            time.sleep(0.01)
        return False

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.001):
            # Twice: a directory that changes while it is listed may show what is gone beside what has come.
            self.most = max(self.most, len(self.weights() & self.weights()))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}
