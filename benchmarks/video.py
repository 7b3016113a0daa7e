"""Frames out of a long film, beside a plain loop of PyAV over all of it: ``python -m benchmarks.video [MINUTES]``.

The film is 1080p at 24 frames a second in H.264 with a key frame each five seconds, two hours unless said otherwise: a
minute of it is drawn and encoded, and then repeated. 600 and 60 frames are read, evenly spread, in the size in which
GLM-4.5V sees them, each time in a process of its own: by key frames, and with ``--through`` by decoding everything. The
loop decodes the first minutes (``--loop``) and converts as many frames a minute; its time is that of the whole film at
this speed. Memory is the peak beyond what the imports take. torchcodec is no peer here: its wheel does not load
where FFmpeg's libraries are not installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from glmv_cli.media.frames import VideoInfo
from glmv_cli.media.video import ChosenFrames
from glmv_cli.messages import MediaSource
from glmv_cli.prompt.pixels import PixelRules, target_size

RULES = PixelRules.from_config(
    {
        "size": {"shortest_edge": 12544, "longest_edge": 47040000},
        "image_mean": (0.5,) * 3, "image_std": (0.5,) * 3,
        "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
    },
    Path("video_preprocessor_config.json"),
)  # fmt: skip
RATE, WIDTH, HEIGHT = 24, 1920, 1080
WAYS = ("by key frames", "everything")


def write_minute(path: Path) -> None:
    """A still room in which a ball moves and a clock ticks."""
    room = np.linspace(40, 200, WIDTH, dtype=np.uint8)[None].repeat(HEIGHT, 0)
    grey = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)  # both planes of chroma
    with av.open(path, "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size = 5 * RATE
        for number in range(60 * RATE):
            luma = room.copy()
            left, top = 5 * number % (WIDTH - 200), 300 + int(200 * np.sin(number / 40))
            luma[top : top + 200, left : left + 200] = 235
            for bit in range(16):
                luma[40:120, 40 + 90 * bit : 120 + 90 * bit] = 235 if number >> bit & 1 else 16
            planes = np.concatenate([luma, grey.reshape(HEIGHT // 2, WIDTH)])
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def write_film(path: Path, minute: Path, minutes: int) -> None:
    """The packets of ``minute`` again and again, later and later."""
    with av.open(path, "w") as film:
        with av.open(minute) as source:
            stream = film.add_stream_from_template(source.streams.video[0])
        for repeat in range(minutes):
            with av.open(minute) as source:
                for packet in source.demux(source.streams.video[0]):
                    if packet.pts is None or packet.dts is None or packet.time_base is None:
                        continue
                    later = int(60 * repeat / packet.time_base)
                    packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, stream
                    film.mux(packet)


def chosen(total: int, count: int) -> list[int]:
    return [int(index) for index in np.linspace(0, total - 1, count)]


def ours(path: Path, count: int, *, seek: bool) -> int:
    def sampler(info: VideoInfo) -> list[int]:
        return chosen(info.total_frames, count)

    def fit(frames: int, height: int, width: int) -> tuple[int, int]:
        return target_size(frames, height, width, RULES)

    source = MediaSource(path.name, path=path)
    return len(ChosenFrames.of(source, sampler, max_pixels=10**8).read(fit, seek=seek).times)


def loop(path: Path, count: int) -> int:
    """What one writes at first, with libav's own threads."""
    kept = []
    with av.open(path) as film:
        stream = film.streams.video[0]
        stream.thread_type = "AUTO"
        wanted = set(chosen(stream.frames, count))
        height, width = target_size(count, HEIGHT, WIDTH, RULES)
        for index, frame in enumerate(film.decode(stream)):
            if index in wanted:
                kept.append(frame.to_ndarray(format="rgb24", width=width, height=height))
    return len(kept)


def child(path: Path, way: str, count: int) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    frames = loop(path, count) if way == "loop" else ours(path, count, seek=way == WAYS[0])
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "frames": frames, "MiB": (after - before) / 1024}


def measured(path: Path, way: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.video", "--child", str(path), way, str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("minutes", type=int, nargs="?", default=120)
    parser.add_argument("--loop", type=int, default=2, help="minutes of the film for the plain loop")
    parser.add_argument("--through", action="store_true", help="decode everything with our reader, too: as slow")
    parser.add_argument("--films", type=Path, help="keep the films in this directory")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(Path(options.child[0]), options.child[1], int(options.child[2]))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        compare(options.films or Path(scratch), options.minutes, options.loop, through=options.through)


def compare(directory: Path, minutes: int, looped: int, *, through: bool) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    minute, film, short = (directory / f"{name}.mp4" for name in ("minute", f"{minutes}-minutes", f"{looped}-minutes"))
    if not minute.exists():
        write_minute(minute)
    for path, length in ((film, minutes), (short, looped)):
        if not path.exists():
            write_film(path, minute, length)
    print(f"{minutes} minutes of 1080p, {film.stat().st_size / 2**20:.0f} MiB")
    print(f"{'frames':>6}  {'':<14} {'seconds':>8} {'MiB':>6}   the loop's time by this")
    for count in (600, 60):
        whole = measured(short, "loop", max(2, count * looped // minutes))["seconds"] * minutes / looped
        print(f"{count:6}  {'loop, at its speed':<14} {whole:4.1f}", flush=True)
        for way in WAYS if through else WAYS[:1]:
            result = measured(film, way, count)
            assert result["frames"] == count
            times = whole / result["seconds"]
            print(f"{count:6}  {way:<14} {result['seconds']:8.1f} {result['MiB']:6.0f}   {times:.1f}", flush=True)


if __name__ == "__main__":
    main()
