"""Memory does not grow with the checkpoint, nor with its largest tensor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

# The source is a file with a hole: zeros that take no room. Embeddings, head, and two linear layers: 160 MB each.
MEASURE = """
import json, re, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from glmv_cli.model.quantizer import quantize
from glmv_cli.model.source import LocalSource
from glmv_cli.placement.shapes import Shape
from glmv_cli.store.safetensors_header import build_header
from tests.releases import RELEASES

def source(directory, rows):
    directory.mkdir()
    config = RELEASES["glm4_moe"].config | {"num_hidden_layers": 1, "hidden_size": 1024, "vocab_size": rows}
    config |= {"num_attention_heads": rows // 8, "head_dim": 8}
    (directory / "config.json").write_text(json.dumps(config))
    tensors = {tensor.name: ("F32", tensor.shape) for tensor in Shape.of(config, "tall").tensors}
    first, header = build_header(tensors, {})
    with (directory / "model.safetensors").open("wb") as file:
        file.write(first)
        file.truncate(max(info.end for info in header.tensors.values()))
    return LocalSource.open(directory)

base = Path(sys.argv[1])
peaks = []
for rows in (64, 40_000):
    quantize(source(base / f"source{rows}", rows), base / f"out{rows}", search=sys.argv[2] == "search")
    # Not ru_maxrss: that counts the process which started this one.
    status = Path("/proc/self/status").read_text()
    peaks.append(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024)
print(*peaks)
"""


@pytest.mark.parametrize("scales", ["nearest", "search"])
def test_peak_memory(tmp_path: Path, scales: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), scales], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    small, large = map(float, done.stdout.split())  # MiB
    assert large - small < 200
    assert large < 1500
