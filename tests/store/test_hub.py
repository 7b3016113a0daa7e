from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import hf_hub_download
from safetensors.torch import save_file

from glmv_cli.errors import GlmvError, ModelError, UsageError
from glmv_cli.store.hub import HubSource
from glmv_cli.store.hub_client import DELAYS, Hub
from glmv_cli.store.hub_errors import address
from glmv_cli.store.safetensors_header import read_header
from tests.hub_stand_in import HubStandIn, Refusal, Repo

ROOT = Path(__file__).parent.parent.parent
REPO = "org/Small"
ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A repository's files: two shards of 400 kB, more than is asked for when a header is read."""
    directory = tmp_path / "original"
    directory.mkdir()
    for shard, name in ((ONE, "a"), (TWO, "b")):
        save_file({name: torch.randn(100_000, generator=torch.Generator().manual_seed(ord(name)))}, directory / shard)
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": ONE, "b": TWO}}))
    (directory / "config.json").write_text('{"model_type": "glm4v_moe"}')
    (directory / "tokenizer.json").write_text("{}")
    (directory / "pytorch_model.bin").write_bytes(b"a pickle")
    (directory / "modeling.py").write_text("raise SystemExit")
    return directory


@pytest.fixture
def stand_in(original: Path) -> Iterator[HubStandIn]:
    with HubStandIn({REPO: Repo(original)}) as hub:
        yield hub


class Client:
    """Opens sources of the stand-in, with a cache and a directory for downloads of its own."""

    def __init__(self, stand_in: HubStandIn, directory: Path) -> None:
        self.stand_in = stand_in
        self.work_dir = directory / "work"
        self.cache = directory / "cache"
        self.waits: list[float] = []
        self.heard: list[tuple[str, int, int]] = []

    def open(self, repo: str = REPO, revision: str | None = None) -> HubSource:
        hub = Hub(repo, self.stand_in.endpoint, self.waits.append)
        return HubSource.open(
            hub, revision, self.work_dir, cache=self.cache, watcher=lambda *what: self.heard.append(what)
        )

    @property
    def weights(self) -> list[str]:
        """The files of weights that are on the disk, whole or not."""
        return sorted(path.name for path in self.work_dir.iterdir() if ".safetensors" in path.name)


@pytest.fixture
def client(stand_in: HubStandIn, tmp_path: Path) -> Client:
    return Client(stand_in, tmp_path)


def refused(client: Client, repo: str = REPO, revision: str | None = None) -> GlmvError:
    with pytest.raises(GlmvError) as caught:
        client.open(repo, revision)
    return caught.value


def test_config_and_headers_are_known_before_any_weight_is_fetched(client: Client, original: Path) -> None:
    source = client.open()
    assert source.name == REPO
    assert source.revision == client.stand_in.repos[REPO].commit
    assert source.config == {"model_type": "glm4v_moe"}
    assert dict(source.headers) == {shard: read_header(original / shard) for shard in (ONE, TWO)}
    assert source.largest_download == (original / TWO).stat().st_size
    assert client.weights == []
    assert client.stand_in.ranges(ONE) == client.stand_in.ranges(TWO) == ["bytes=0-262143"]


def test_files_of_weights_come_whole_and_go(client: Client, original: Path) -> None:
    source = client.open()
    for shard in (ONE, TWO):
        path = source.fetch(shard)
        assert path.read_bytes() == (original / shard).read_bytes()
        assert client.weights == [shard]
        source.release(shard)
    assert client.weights == []
    size = (original / TWO).stat().st_size
    assert client.heard[-1] == (TWO, size, size)


def test_nothing_is_read_that_could_run_code(client: Client, tmp_path: Path) -> None:
    source = client.open()
    target = tmp_path / "target"
    target.mkdir()
    source.copy_small_files(target)
    source.fetch(ONE)
    assert [path.name for path in target.iterdir()] == ["tokenizer.json"]
    assert not {name for name, _ in client.stand_in.served} & {"pytorch_model.bin", "modeling.py"}


def test_a_header_that_is_longer_than_usual_is_asked_for_again(client: Client, original: Path) -> None:
    tensors = {f"{'x' * 100}{number}": torch.zeros(1) for number in range(2000)}
    save_file(tensors, original / "model.safetensors")
    (original / "model.safetensors.index.json").unlink()
    assert len(client.open().headers["model.safetensors"].tensors) == 2000
    assert len(client.stand_in.ranges("model.safetensors")) == 2


def test_a_broken_download_goes_on_where_it_broke(client: Client, original: Path) -> None:
    client.stand_in.cuts[ONE] = [150_000, 0, 0, 100_000]
    source = client.open()
    assert source.fetch(ONE).read_bytes() == (original / ONE).read_bytes()
    end = (original / ONE).stat().st_size - 1
    starts = [0, 150_000, 150_000, 150_000, 250_000]
    assert client.stand_in.ranges(ONE)[1:] == [f"bytes={start}-{end}" for start in starts]
    assert client.waits == [DELAYS[0], DELAYS[1], DELAYS[2], DELAYS[0]]


def test_a_hub_that_breaks_off_again_and_again_ends_in_an_error_that_says_how_to_go_on(
    client: Client, original: Path
) -> None:
    client.stand_in.cuts[ONE] = [150_000] + [0] * 20
    source = client.open()
    with pytest.raises(ModelError, match="breaks again and again") as caught:
        source.fetch(ONE)
    assert "run the same command again" in str(caught.value.hint)
    assert client.waits == list(DELAYS)
    assert client.weights == [f"{ONE}.part"]
    client.stand_in.cuts.clear()
    assert client.open().fetch(ONE).read_bytes() == (original / ONE).read_bytes()
    assert client.stand_in.ranges(ONE)[-1] == f"bytes=150000-{(original / ONE).stat().st_size - 1}"


def test_a_hub_without_ranges_begins_again(client: Client, original: Path) -> None:
    client.stand_in.knows_ranges = False
    client.stand_in.cuts[ONE] = [150_000]
    assert client.open().fetch(ONE).read_bytes() == (original / ONE).read_bytes()


def test_a_damaged_download_is_done_once_more(client: Client, original: Path) -> None:
    client.stand_in.corrupt[ONE] = 1
    assert client.open().fetch(ONE).read_bytes() == (original / ONE).read_bytes()


def test_a_download_that_stays_damaged_is_an_error(client: Client) -> None:
    client.stand_in.corrupt[ONE] = 9
    source = client.open()
    with pytest.raises(ModelError, match=f"{ONE} of {REPO} is damaged"):
        source.fetch(ONE)
    assert client.weights == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_busy_is_asked_again(client: Client, status: int) -> None:
    client.stand_in.refusals = {"/api/models/": [Refusal(status, {"Retry-After": "7"})], ONE: [Refusal(status)]}
    assert len(client.open().headers) == 2
    assert client.waits == [7.0, DELAYS[0]]


def test_a_hub_that_stays_busy_is_an_error(client: Client) -> None:
    client.stand_in.refusals = {"/api/models/": [Refusal(503)] * 20}
    assert refused(client).message == "the hub does not answer as it should: 503 Service Unavailable"
    assert client.waits == list(DELAYS)


def test_a_run_that_goes_on_reads_the_same_commit(client: Client, original: Path) -> None:
    first = client.open()
    first.fetch(ONE)
    (original / "README.md").write_text("a new commit")
    # The stand-in knows the new commit only; the real one keeps both.
    assert "has no revision" in refused(client).message
    (original / "README.md").unlink()
    again = client.open()
    assert again.identity == first.identity
    client.stand_in.served.clear()
    again.fetch(ONE)
    assert client.stand_in.served == []


def test_what_an_earlier_run_left_is_deleted_before_the_next_file_comes(client: Client) -> None:
    client.open().fetch(ONE)  # and killed before it could release it
    (client.work_dir / f"{ONE}.part").write_bytes(b"x")
    client.open().fetch(TWO)
    assert client.weights == [TWO]


@pytest.mark.parametrize(("repo", "revision"), [("org/Other", None), (REPO, "dev")])
def test_a_directory_serves_one_checkpoint(client: Client, repo: str, revision: str | None) -> None:
    client.open()
    error = refused(client, repo, revision)
    assert "holds an unfinished download of org/Small at 'main'" in error.message
    assert isinstance(error, UsageError)


def test_a_file_in_the_cache_of_the_hub_is_used_and_kept(client: Client, original: Path) -> None:
    endpoint, cache = client.stand_in.endpoint, client.cache
    cached = Path(hf_hub_download(REPO, TWO, endpoint=endpoint, cache_dir=cache))
    client.stand_in.served.clear()
    source = client.open()
    assert source.largest_download == (original / ONE).stat().st_size
    assert source.fetch(TWO) == cached
    source.release(TWO)
    assert cached.exists()
    assert client.stand_in.ranges(TWO) == []


@pytest.mark.parametrize(
    ("refusal", "message", "hint"),
    [
        (Refusal(403, {"X-Error-Code": "GatedRepo"}), "org/Small is gated", "HF_TOKEN"),
        (Refusal(401, {"X-Error-Code": "RepoNotFound"}), "there is no http://", "HF_TOKEN"),
        (Refusal(401, {"X-Error-Message": "Invalid credentials in Authorization header"}), "the token", "HF_TOKEN"),
        (Refusal(403), "the hub forbids to read org/Small", "HF_TOKEN"),
        (Refusal(403, {"X-Error-Message": "Access to this resource is disabled."}), "has been disabled", "see http://"),
        (Refusal(404), "there is no http://", "HF_ENDPOINT"),
        (Refusal(410), "the hub does not answer as it should: 410 Gone", "wait a while"),
    ],
)
def test_what_the_hub_refuses_is_told_at_once(client: Client, refusal: Refusal, message: str, hint: str) -> None:
    client.stand_in.repos[REPO].refusal = refusal
    error = refused(client)
    assert message in error.message
    assert hint in str(error.hint)
    assert (error.exit_code, client.waits) == (69, [])


def test_a_repository_that_does_not_exist(client: Client) -> None:
    assert f"there is no {client.stand_in.endpoint}/org/None, or it is private" in refused(client, "org/None").message


def test_a_revision_that_does_not_exist(client: Client) -> None:
    assert refused(client, revision="v9").message == "org/Small has no revision 'v9'"


@pytest.mark.parametrize("repo", ["a/b/c", "..", "a b", "https://example.org/x"])
def test_what_is_no_name_of_a_repository(client: Client, repo: str) -> None:
    assert isinstance(refused(client, repo), UsageError)


def test_a_hub_that_cannot_be_reached_is_told_at_once(tmp_path: Path) -> None:
    waits: list[float] = []
    hub = Hub(REPO, "http://127.0.0.1:9", waits.append)
    with pytest.raises(ModelError, match=r"cannot reach http://127\.0\.0\.1:9") as caught:
        HubSource.open(hub, None, tmp_path / "work")
    assert "check the network" in str(caught.value.hint)
    assert waits == []


SECRETS = [
    ("HF_ENDPOINT", "secret", "cannot ask secret"),
    ("HF_ENDPOINT", "http://user:secret@127.0.0.1:9", "cannot reach http://127.0.0.1:9"),
    ("HF_TOKEN", "hf_secr\u00e9t", "cannot ask http://127.0.0.1"),
    ("HTTP_PROXY", "nonsense://user:secret@example.org", "cannot ask http://127.0.0.1"),
]


@pytest.mark.parametrize(("variable", "value", "message"), SECRETS, ids=range(len(SECRETS)))
def test_settings_of_the_hub_that_make_no_sense(client: Client, variable: str, value: str, message: str) -> None:
    # A process of its own: huggingface_hub reads the variables when it is imported.
    environ = {**os.environ, "HF_ENDPOINT": client.stand_in.endpoint, "NO_PROXY": "", "no_proxy": "", variable: value}
    command = [sys.executable, "-c", OPEN, REPO, str(client.work_dir)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(message)
    assert "HF_ENDPOINT" in done.stdout
    assert "secret" not in done.stdout.replace(message, "")


@pytest.mark.parametrize("answer", [b"<html>Please log in.</html>", b"[]", b'{"id": 3, "siblings": 4}', b"{}"])
def test_what_answers_may_be_no_hub(client: Client, answer: bytes) -> None:
    client.stand_in.repos[REPO].refusal = Refusal(200, body=answer)
    error = refused(client)
    assert "no model hub" in error.message or "does not tell which files" in error.message
    assert client.waits == []


def test_an_address_is_shown_without_what_is_secret() -> None:
    assert address("https://me:pw@cdn.example.org/a/b?X-Signature=s#t") == "https://cdn.example.org/a/b"
    assert address("https://huggingface.co/@me") == "https://huggingface.co/@me"


def test_a_hub_that_closes_every_connection(client: Client) -> None:
    client.stand_in.gone = True
    assert "breaks again and again" in refused(client).message


def test_a_repository_of_pickles_is_refused(client: Client, original: Path) -> None:
    for name in (ONE, TWO, "model.safetensors.index.json"):
        (original / name).unlink()
    assert "has no weights in safetensors" in refused(client).message


@pytest.mark.parametrize("shard", ["../../evil.safetensors", "pytorch_model.bin", "missing.safetensors"])
def test_an_index_that_names_something_else_is_refused(client: Client, original: Path, shard: str) -> None:
    (original / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shard}}))
    assert refused(client).exit_code == 69


@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_json_that_is_none_is_refused(client: Client, original: Path, name: str, content: str) -> None:
    (original / name).write_text(content)
    assert f"{name} of {REPO}" in refused(client).message


def test_when_one_header_cannot_be_had_the_others_are_not_waited_for(client: Client) -> None:
    busy = [Refusal(503, {"Retry-After": "60"}) for _ in range(9)]
    client.stand_in.refusals = {ONE: [Refusal(404)], TWO: busy}
    with pytest.raises(ModelError, match="there is no http"):
        HubSource.open(Hub(REPO, client.stand_in.endpoint), None, client.work_dir, cache=client.cache)
    assert len(busy) >= 7


def test_a_repository_without_config_is_refused(client: Client, original: Path) -> None:
    (original / "config.json").unlink()
    assert refused(client).message == "org/Small lacks config.json"


OPEN = """
import sys
from pathlib import Path
from glmv_cli.errors import GlmvError
from glmv_cli.store.hub import HubSource
from glmv_cli.store.hub_client import Hub
try:
    source = HubSource.open(Hub(sys.argv[1]), None, Path(sys.argv[2]))
    print(source.revision, *(source.fetch(shard) for shard in source.headers))
except GlmvError as error:
    print(error.message, "|", error.hint)
"""


@pytest.mark.parametrize("missing", [None, TWO, "config.json"])
def test_offline_the_cache_of_the_hub_is_all_there_is(client: Client, missing: str | None) -> None:
    # A process of its own: huggingface_hub reads the variables when it is imported.
    stand_in = client.stand_in
    names = [name for name in (ONE, TWO, "config.json", "model.safetensors.index.json") if name != missing]
    paths = {n: hf_hub_download(REPO, n, endpoint=stand_in.endpoint, cache_dir=client.cache) for n in names}
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(client.cache), "HF_ENDPOINT": stand_in.endpoint}
    stand_in.served.clear()
    command = [sys.executable, "-c", OPEN, REPO, str(client.work_dir)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    if missing is None:
        assert done.stdout.split() == [stand_in.repos[REPO].commit, paths[ONE], paths[TWO]]
    else:
        assert "HF_HUB_OFFLINE forbids" in done.stdout
    assert stand_in.served == []
