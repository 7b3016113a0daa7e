"""What many tests need: the demo's two checkpoints, and transformers' own model with the same weights."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import settings

from glmv_cli.kernels import native

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Without a GPU, Triton's kernels are interpreted. It asks once, when it is imported, which transformers
# and bitsandbytes do: they are imported below, where they are needed.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"
# What a shell runs in the background ignores interrupts, and so would the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Workers share the cores: one thread each. A slow machine is no failure.
torch.set_num_threads(1)
# Tests hold our arithmetic against that of others: it is exact, unless a variable says otherwise or the test asks for
# `default_kernel`. Processes that tests start take it over.
os.environ.setdefault(native.VARIABLE, "exact")
settings.register_profile("default", deadline=None)
settings.load_profile("default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked ``gpu`` are skipped where there is none."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu") is not None:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


_ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def glmv_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for what glmv keeps, so that no test meets the configuration and models of a person."""
    home = tmp_path_factory.getbasetemp() / "no-home"
    monkeypatch.setenv("GLMV_HOME", str(home))
    for name in list(os.environ):
        if name.startswith("GLMV_") and name not in ("GLMV_HOME", native.VARIABLE):
            monkeypatch.delenv(name)
    return home


@pytest.fixture
def default_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing as it is done for people who set nothing."""
    monkeypatch.delenv(native.VARIABLE, raising=False)


@pytest.fixture(scope="session")
def demo_directory() -> Path:
    """The 4-bit checkpoint that the package ships."""
    return _ROOT / "glmv_cli" / "demo"


@pytest.fixture(scope="session")
def original_directory() -> Path:
    """The bf16 checkpoint that it is made from."""
    return _ROOT / "tests" / "data" / "demo-bf16"


@pytest.fixture(scope="session")
def reference_model(demo_directory: Path) -> PreTrainedModel:
    """The class of transformers, in float32, with the shipped weights unpacked by bitsandbytes."""
    from tests.reference import dequantized_model

    return dequantized_model(demo_directory)
