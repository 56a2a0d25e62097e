"""`dynode bench render`: what an output frame costs by stage, beside decoding and encoding alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch

from dynode_cli.benchmark.measuring.harness import quartiles_of
from dynode_cli.benchmark.measuring.meter import run_fresh
from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.measuring.stages import StageBytes
from dynode_cli.benchmark.parts.fast_path import NO_CUDA
from dynode_cli.benchmark.results import Column, Curve, Row, Section, Value
from dynode_cli.errors import DynodeError
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.source import Source, open_source
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.prepare import open_assembly, prepare
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.pipeline.to_file import render_to_file
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.saving.scratch import scratch_folder
from dynode_cli.synthetic.clips import Frame, write_clip
from dynode_cli.values.times import Rate

HEIGHTS = (180, 360, 720, 1080, 2160)
QUICK_HEIGHTS = (180, 360)
RUN_CAP = 40
"""A run may take this many times what a call of the other parts may."""
RATE = 4
"""Output frames for each source frame."""
STAGES = ("decode", "invert", "fit", "solve", "synthesise", "encode")
TIME, BYTES = "time", "bytes/frame"
"""Groups of rows."""
NVENC = "h264_nvenc"
NVENC_HEIGHTS = (1080, 2160)
FEW = 5
"""Source frames of the run in which bytes are counted: one window of the renderer, and the first of the next."""
COLUMNS = (
    Column("fps", "frames/s", "", 3, "frames that are made in a second"),
    Column("ms", "a frame", "ms", 3, "time for one frame, all stages together"),
    *(Column(stage, stage, "ms") for stage in STAGES),
    Column("other", "start-up and rest", "ms"),
    Column("ideal", "decode + encode alone", "frames/s", 3, "if nothing were made between reading and writing"),
    Column("peak", "peak", "MB", 3, "most memory that was in use at once"),
    Column("frames", "peak, in frames", "", 3, "the same, counted in frames of this size"),
    *(Column(f"{stage} bytes", stage, "kB/frame") for stage in STAGES),
    Column("file", "in the file", "kB/frame"),
    Column("picture", "8-bit RGB frame", "kB"),
)


@dataclass(frozen=True)
class Alone:
    """Seconds for all frames of decoding alone, and of encoding the output alone."""

    decode: float
    encode: float


def measure(scope: Scope, host: Host) -> Section:
    """Render a made clip at every size, each in a process of its own."""
    rows: list[Row] = []
    sizes: list[Row] = []
    seconds_per_pixel = 0.0
    for height in QUICK_HEIGHTS if scope.quick else HEIGHTS:
        pixels = height * height * 16 // 9
        name = f"{height * 16 // 9} x {height}"
        estimate = seconds_per_pixel * pixels
        if estimate > RUN_CAP * scope.cap_seconds:
            rows.append(Row(TIME, name, {}, f"left out: estimated at {estimate:.0f} s a run"))
            continue
        scope.note(f"render: {name}")
        try:
            timed, counted, seconds = _rows(height, scope, host)
        except DynodeError as error:
            rows.append(Row(TIME, name, {}, f"not run: {error}"))
            continue
        seconds_per_pixel = seconds / pixels
        rows.append(Row(TIME, name, timed))
        sizes.append(Row(BYTES, name, counted))
    rows += _hardware_encoder(scope, host)
    return Section(
        "render",
        "What a rendered frame costs",
        f"dynode interpolate with its defaults at {RATE}x on a made clip, in a fresh process with {scope.threads} "
        f"thread(s). Stages are those of the program's own stopwatch, in milliseconds an output frame; decode is "
        f"reading frames and turning them into RGB, wherever it is asked for. The rest is the start of the program, "
        f"looking through the source, and the end of the file. Beside: frames a second if there were nothing but "
        f"decoding and encoding. Peak is resident memory, also in 8-bit RGB frames of that size. Bytes/frame: in a "
        f"run of {FEW} source frames, the most memory that a stage holds at once on top of what it found, summed over "
        f"its runs and shared among the output frames: what it has to be given for each of them. Counted are arrays "
        f"of numpy and OpenCV and tensors; not what FFmpeg and OpenCV allocate inside. In the file: its size over its "
        f"frames.",
        COLUMNS,
        [*rows, *sizes],
        _curves(rows),
        _findings(sizes),
    )


def _hardware_encoder(scope: Scope, host: Host) -> Iterator[Row]:
    """The same with the GPU's own encoder, which spares the way to the CPU's."""
    for height in NVENC_HEIGHTS:
        name = f"{height * 16 // 9} x {height}, NVENC"
        if torch.device(scope.device).type != "cuda":
            yield Row(TIME, name, {}, NO_CUDA)
            continue
        scope.note(f"render: {name}")
        try:
            yield Row(TIME, name, _rows(height, scope, host, NVENC)[0])
        except DynodeError as error:
            yield Row(TIME, name, {}, f"not run: {error}")


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


def _rows(
    height: int, scope: Scope, host: Host, codec: str | None = None
) -> tuple[Mapping[str, Value], Mapping[str, Value], float]:
    """Figures of one size: time, bytes, and the seconds of a run."""
    with scratch_folder() as folder:
        clip, output, short = Path(folder, "clip.mp4"), Path(folder, "out.mp4"), Path(folder, "short.mp4")
        drawn = list(textured(height, 6 if height > 720 or scope.quick else 12))
        write_clip(clip, drawn)
        write_clip(short, drawn[:FEW])
        del drawn
        alone = _alone(clip, Path(folder, "alone.mp4"), codec)
        command = [sys.executable, "-P", "-m", "dynode_cli", "interpolate", str(clip), "-q", "--json", "--force"]
        command += ["--fps", f"{RATE}x", "-o", str(output), "--device", scope.device]
        command += ["--threads", str(scope.threads), *(() if codec is None else ("--codec", codec))]
        command += scope.dynamics_words
        runs = []
        for _ in range(1 if scope.quick or height > 720 else 3):
            cost = run_fresh(command, variables={"OMP_NUM_THREADS": str(scope.threads)})
            runs.append((cost, json.loads(cost.output)))
        frames = runs[0][1]["frames"]
        file_bytes = output.stat().st_size / frames
        held = bytes_by_stage(short, Path(folder, "counted.mp4"), scope, host)
    spread = quartiles_of([1e3 * cost.wall / frames for cost, _ in runs])
    cost, told = sorted(runs, key=lambda run: run[0].wall)[len(runs) // 2]
    stages = {name: 1e3 * seconds / frames for name, seconds in told["seconds"].items()}
    timed: dict[str, Value] = {name: stages.get(name, 0.0) for name in STAGES}
    timed |= {
        "fps": 1e3 / spread.median,
        "ms": spread,
        "other": 1e3 * cost.wall / frames - sum(stages.values()),
        "ideal": frames / (alone.decode + alone.encode),
    }
    picture = height * (height * 16 // 9) * 3
    if cost.peak is not None:
        timed |= {"peak": cost.peak / 1e6, "frames": cost.peak / picture}
    counted: dict[str, Value] = {f"{name} bytes": held.get(name, 0.0) / 1e3 for name in STAGES}
    return timed, {**counted, "file": file_bytes / 1e3, "picture": picture / 1e3}, cost.wall


def bytes_by_stage(clip: Path, output: Path, scope: Scope, host: Host) -> dict[str, float]:
    """Bytes for an output frame that every stage of ``dynode interpolate`` needs; see :class:`StageBytes`."""
    request = Interpolate(
        clip,
        output,
        fps=Rate(Fraction(RATE), relative=True),
        dynamics=scope.dynamics,
        dynamics_options=scope.dynamics_options,
        device=scope.device,
        force=True,
    )
    # What worker threads allocate would go unnoticed.
    with (
        threads_at_most(1),
        prepare(request, host) as prepared,
        StageBytes(scope.device) as watch,
        open_assembly(prepared, stopwatch=watch) as assembly,
    ):
        rendered = render_to_file(
            prepared.source,
            str(output),
            prepared.plan,
            assembly.renderer,
            size=assembly.size,
            encoder=request.encoding,
            watch=watch,
            force=True,
        )
    return {name: total / rendered.frames for name, total in watch.bytes.items()}


def _alone(clip: Path, output: Path, codec: str | None) -> Alone:
    """Decoding of all frames, and encoding of as many as are rendered, with nothing in between."""
    watch = Stopwatch()
    with open_source(str(clip)) as source:
        scanned = scan(source)
        with FrameReader(source, scanned) as reader, watch.stage("decode"):
            frames = [reader.frame(index) for index in range(len(reader))]
        _encode(source, scanned, frames, output, EncoderOptions(codec=codec), watch)
    return Alone(watch.seconds["decode"], watch.seconds["encode"])


def _encode(
    source: Source, scanned: Scan, frames: list[Frame], output: Path, encoder: EncoderOptions, watch: Stopwatch
) -> None:
    rate = RATE * scanned.info.average_rate
    height, width = frames[0].shape[:2]
    with (
        watch.stage("encode"),
        VideoWriter(
            str(output),
            scanned.info,
            rate=rate,
            size=(width, height),
            encoder=encoder,
            copy_from=source,
            joins=scanned.joins,
        ) as writer,
    ):
        for k in range(RATE * len(frames)):
            writer.write(frames[k // RATE], k / rate)


def _curves(rows: list[Row]) -> list[Curve]:
    series: dict[str, list[tuple[float, float]]] = {"whole pipeline": [], "decode + encode alone": []}
    for row in rows:
        fps, ideal = row.values.get("fps"), row.values.get("ideal")
        if isinstance(fps, float) and isinstance(ideal, float) and "NVENC" not in row.name:
            height = float(row.name.split(" x ")[1])
            series["whole pipeline"].append((height, fps))
            series["decode + encode alone"].append((height, ideal))
    return [Curve("Frames a second over the height of the frame", "height", "frames/s", series)]


def _findings(sizes: Sequence[Row]) -> list[str]:
    """Which stage needs most memory for a frame, at the largest size."""
    if not sizes:
        return []
    values = sizes[-1].values
    needs = {stage: float(str(values[f"{stage} bytes"])) for stage in STAGES}
    most = max(needs, key=needs.__getitem__)
    picture = float(str(values["picture"]))
    return [
        f"{sizes[-1].name}: {most} needs most memory for an output frame, {needs[most] / picture:.3g} times that of an "
        f"8-bit RGB frame; reading the curve (solve) needs {1e3 * needs['solve']:.0f} bytes."
    ]
