"""`dynode bench render`: what an output frame costs by stage, beside decoding and encoding alone."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dynode_cli.bench.harness import spread_of
from dynode_cli.bench.meter import run_fresh
from dynode_cli.bench.results import Column, Curve, Row, Section, Value
from dynode_cli.bench.settings import Settings
from dynode_cli.errors import DynodeError
from dynode_cli.media.reader import FrameReader
from dynode_cli.media.scan import Scan, scan
from dynode_cli.media.source import Source, open_source
from dynode_cli.media.writer import EncoderOptions, VideoWriter
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.plugin_manager import Host
from dynode_cli.testing.clips import Frame, write_clip

HEIGHTS = (180, 360, 720, 1080, 2160)
QUICK_HEIGHTS = (180, 360)
RUN_CAP = 40
"""A run may take this many times what a call of the other parts may."""
RATE = 4
"""Output frames for each source frame."""
STAGES = ("decode", "invert", "fit", "solve", "synthesise", "encode")
COLUMNS = (
    Column("fps", "frames/s"),
    Column("ms", "a frame", "ms"),
    *(Column(stage, stage, "ms") for stage in STAGES),
    Column("other", "start-up and rest", "ms"),
    Column("ideal", "decode + encode alone", "frames/s"),
    Column("peak", "peak", "MB"),
    Column("frames", "peak, in frames"),
)


@dataclass(frozen=True)
class Alone:
    """Seconds for all frames of decoding alone, and of encoding the output alone."""

    decode: float
    encode: float


def measure(settings: Settings, host: Host) -> Section:
    """Render a made clip at every size, each in a process of its own."""
    rows, seconds_per_pixel = [], 0.0
    for height in QUICK_HEIGHTS if settings.quick else HEIGHTS:
        pixels = height * height * 16 // 9
        name = f"{height * 16 // 9} x {height}"
        estimate = seconds_per_pixel * pixels
        if estimate > RUN_CAP * settings.cap_seconds:
            rows.append(Row("render", name, {}, f"left out: estimated at {estimate:.0f} s a run"))
            continue
        settings.note(f"render: {name}")
        try:
            values, seconds = _row(height, settings)
        except DynodeError as error:
            rows.append(Row("render", name, {}, f"not run: {error}"))
            continue
        seconds_per_pixel = seconds / pixels
        rows.append(Row("render", name, values))
    return Section(
        "render",
        "What a rendered frame costs",
        f"dynode interpolate with its defaults at {RATE}x on a made clip, in a fresh process with {settings.threads} "
        f"thread(s). Stages are those of the program's own stopwatch, in milliseconds an output frame; decode is the "
        f"time of reading the frames alone, taken out of invert, within which they are read. The rest is the start of "
        f"the program, looking through the source, and the end of the file. Beside: frames a second if there were "
        f"nothing but decoding and encoding. Peak is resident memory, also in 8-bit RGB frames of that size.",
        COLUMNS,
        rows,
        _curves(rows),
    )


def textured(height: int, count: int) -> Iterator[Frame]:
    """`count` frames (height, 16/9 height, 3) of a texture with detail at all scales that moves evenly."""
    width = height * 16 // 9
    random = np.random.default_rng(0)
    margin = 4 * count
    whole = np.zeros((height + margin, width + margin, 3), np.float32)
    for cells in (6, 24, 96):
        coarse = random.uniform(0, 85, (cells, cells * 16 // 9, 3)).astype(np.float32)
        whole += cv2.resize(coarse, (width + margin, height + margin), interpolation=cv2.INTER_CUBIC)
    texture = whole.clip(0, 255).astype(np.uint8)
    for k in range(count):
        yield np.ascontiguousarray(texture[2 * k : 2 * k + height, 4 * k : 4 * k + width])


def _row(height: int, settings: Settings) -> tuple[Mapping[str, Value], float]:
    """Figures of one size, and the seconds of a run."""
    with tempfile.TemporaryDirectory() as folder:
        clip, output = Path(folder, "clip.mp4"), Path(folder, "out.mp4")
        write_clip(clip, list(textured(height, 6 if height > 720 or settings.quick else 12)))
        alone = _alone(clip, Path(folder, "alone.mp4"))
        command = [sys.executable, "-m", "dynode_cli", "interpolate", str(clip), "-q", "--json", "--force"]
        command += ["--fps", f"{RATE}x", "-o", str(output), "--device", settings.device]
        command += ["--threads", str(settings.threads)]
        runs = []
        for _ in range(1 if settings.quick or height > 720 else 3):
            cost = run_fresh(command, variables={"OMP_NUM_THREADS": str(settings.threads)})
            runs.append((cost, json.loads(cost.output)))
    frames = runs[0][1]["frames"]
    spread = spread_of([1e3 * cost.wall / frames for cost, _ in runs])
    cost, told = sorted(runs, key=lambda run: run[0].wall)[len(runs) // 2]
    stages = {name: 1e3 * seconds / frames for name, seconds in told["seconds"].items()}
    read = min(1e3 * alone.decode / frames, stages.get("invert", 0.0))
    stages |= {"decode": read, "invert": stages.get("invert", 0.0) - read}
    values: dict[str, Value] = {name: stages.get(name) for name in STAGES}
    values |= {
        "fps": 1e3 / spread.median,
        "ms": spread,
        "other": 1e3 * cost.wall / frames - sum(stages.values()),
        "ideal": frames / (alone.decode + alone.encode),
    }
    if cost.peak is not None:
        values |= {"peak": cost.peak / 1e6, "frames": cost.peak / (height * (height * 16 // 9) * 3)}
    return values, cost.wall


def _alone(clip: Path, output: Path) -> Alone:
    """Decoding of all frames, and encoding of as many as are rendered, with nothing in between."""
    watch = Stopwatch()
    with open_source(str(clip)) as source:
        scanned = scan(source)
        with FrameReader(source, scanned) as reader, watch.stage("decode"):
            frames = [reader.frame(index) for index in range(len(reader))]
        _encode(source, scanned, frames, output, watch)
    return Alone(watch.seconds["decode"], watch.seconds["encode"])


def _encode(source: Source, scanned: Scan, frames: list[Frame], output: Path, watch: Stopwatch) -> None:
    rate = RATE * scanned.info.average_rate
    height, width = frames[0].shape[:2]
    with (
        watch.stage("encode"),
        VideoWriter(
            str(output), scanned.info, rate=rate, size=(width, height), encoder=EncoderOptions(), copy_from=source
        ) as writer,
    ):
        for k in range(RATE * len(frames)):
            writer.write(frames[k // RATE], k / rate)


def _curves(rows: list[Row]) -> list[Curve]:
    series: dict[str, list[tuple[float, float]]] = {"whole pipeline": [], "decode + encode alone": []}
    for row in rows:
        fps, ideal = row.values.get("fps"), row.values.get("ideal")
        if isinstance(fps, float) and isinstance(ideal, float):
            height = float(row.name.split(" x ")[1])
            series["whole pipeline"].append((height, fps))
            series["decode + encode alone"].append((height, ideal))
    return [Curve("Frames a second over the height of the frame", "height", "frames/s", series)]
