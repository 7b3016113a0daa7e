"""A screen for people, an object for programs."""

from __future__ import annotations

import json
from dataclasses import replace

from glmv_cli.doctor.facts import Kept, Kernel, Setting, Trouble, Unknown
from glmv_cli.doctor.finding import Finding
from glmv_cli.placement.processors import Core, Processors
from glmv_cli.placement.threads import Threads
from glmv_cli.render.doctor import doctor_json, doctor_text
from tests.doctor.healthy import CONFIGURATION, FACTS, PROCESSING, SPEEDS

FINDINGS = (Finding("error", "it is broken", "mend it"), Finding("note", "it is old", None))


def test_a_healthy_machine_is_one_screen() -> None:
    text = doctor_text(FACTS, ())
    assert text.endswith("\n\nNothing is wrong.\n")
    assert len(text.splitlines()) <= 30
    assert max(map(len, text.splitlines())) <= 100
    for part in (
        "kernel     exact:avx512: the fastest exact one\n",
        "Fast CPU 9000: 8 cores, 16 logical processors\n",
        "8 threads: one for each core\n",
        "memory     64.0 GiB, 60.0 GiB of it free; 0 B of 8.0 GiB swap used\n",
        "memory 60.0 GB/s, measured\n",
        "0: RTX, 24.0 GiB, 23.0 GiB of it free\n",
        "driver 570.86, for CUDA up to 12.8\n",
        "2.13.0, built for CUDA 12.8, finds a GPU\n",
        "glmv 0.1.0, Python 3.11.7, transformers 5.23.0\n",
        "small answers by default, at most about 12.5 tokens/s by the speed of memory\n",
        "on GPUs    0: kernels of Triton: Triton works here\n",
        "history    /home/a/.local/share/glmv/history.db: 3.0 MiB, 12 conversations\n",
        "1 model kept beside the demo, 0 unfinished\n",
    ):
        assert part in text


def test_a_kernel_that_cannot_be_had_is_not_called_torch() -> None:
    kernel = Kernel(None, "GLMV_KERNEL=x", (), None, Trouble("GLMV_KERNEL=x", "unset it"))
    assert doctor_text(replace(FACTS, kernel=kernel), ()).startswith("kernel     none: GLMV_KERNEL=x\n")


def test_without_a_gpu_and_a_history_there_is_little_to_say() -> None:
    text = doctor_text(replace(FACTS, gpu_kernels=(), history=Kept("/h", None, 0, wanted=False)), ())
    assert "on GPUs    nothing: torch finds none\n" in text
    assert "history    /h: does not exist, 0 conversations; nothing more is kept\n" in text


def test_findings_follow_with_their_hints() -> None:
    assert doctor_text(FACTS, FINDINGS).endswith("\n\nerror: it is broken\nhint: mend it\n\nnote: it is old\n")


def test_what_is_unknown_says_why() -> None:
    text = doctor_text(replace(FACTS, kernel=Unknown("no luck"), speeds=replace(SPEEDS, disk=Unknown("why"))), ())
    assert text.startswith("kernel     unknown: no luck\n")
    assert "disk of the models unknown: why\n" in text


def test_hybrid_limited_and_bound() -> None:
    processors = Processors((Core((0, 1)), Core((2,), node=1, fast=False)), quota=1.5)
    bound = replace(PROCESSING, processors=processors, threads=Threads(2, "--threads", (0, 2)))
    text = doctor_text(replace(FACTS, processing=bound), ())
    assert "unknown: 2 cores (1 of them slow), 3 logical processors, 2 NUMA nodes, time of 1.5\n" in text
    assert "2 threads: --threads, bound to processors 0, 2\n" in text
    assert "thread" not in doctor_text(replace(FACTS, processing=replace(bound, threads=Trouble("no", None))), ())


def test_a_path_cannot_steer_the_terminal() -> None:
    setting = Setting("model", "a\x1b[2Jb", "GLMV_MODEL")
    text = doctor_text(replace(FACTS, configuration=replace(CONFIGURATION, settings=(setting,))), ())
    assert "\x1b" not in text
    assert "model = a\\x1b[2Jb (GLMV_MODEL)" in text


def test_json_has_every_section_and_the_verdict() -> None:
    record = json.loads(doctor_json(FACTS, FINDINGS))
    assert record["kernel"]["name"] == "exact:avx512"
    assert record["processing"]["processors"]["cores"][0] == {"cpus": [0, 8], "node": 0, "fast": True}
    assert record["findings"][0] == {"severity": "error", "what": "it is broken", "hint": "mend it"}
    assert record["ok"] is False
    assert json.loads(doctor_json(replace(FACTS, torch=Unknown("no")), FINDINGS[1:]))["torch"] == {"why": "no"}
    assert json.loads(doctor_json(FACTS, FINDINGS[1:]))["ok"] is True
