"""``dynode render``: codes back to frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from dynode_cli.contracts import Dynamics, FitReport, Generator, Progress, silent
from dynode_cli.errors import ConvergenceError, InputError, UsageError
from dynode_cli.files.codes import Codes, load_codes
from dynode_cli.media.facts import made_video
from dynode_cli.media.writing.target import check_target
from dynode_cli.media.writing.writer import EncoderOptions, VideoWriter
from dynode_cli.pipeline.draws import drawn_from
from dynode_cli.pipeline.frame_tensors import save_frames
from dynode_cli.pipeline.samples import (
    LOSSLESS,
    SampledWriter,
    Spread,
    in_step,
    map_info,
    sample_outputs,
)
from dynode_cli.verbs.invert import TUNED


@dataclass(frozen=True)
class Decoded:
    """What was rendered."""

    output: str
    frames: int
    size: tuple[int, int]
    """(H, W)."""
    method: str | None
    """Dynamics that gave the codes between the given ones; None where only those were rendered."""
    fit: FitReport | None = None
    """Report of those."""
    warnings: tuple[str, ...] = ()
    spread: Spread | None = None
    """What was drawn beside the mean."""


def open_codes(path: Path, generator: Generator) -> tuple[Codes, Generator]:
    """Codes, and `generator` as it was tuned for them if they say so.

    Raises:
        InputError: no code file, or codes that are not `generator`'s.
    """
    codes = load_codes(path)
    tuned = path.with_suffix(TUNED)
    if tuned.is_file():
        generator = generator.bound(load_file(tuned))
    shape, expected = tuple(codes.codes.shape[1:]), tuple(generator.code_shape)
    if shape != expected:
        raise InputError(
            f"{path}: codes of shape {shape} do not fit {type(generator).__name__}, whose codes are {expected}",
            hint=f"they were made for generator '{codes.metadata.get('generator', 'unknown')}'",
        )
    return codes, generator


@dataclass(frozen=True)
class Dense:
    """Codes to render."""

    codes: Codes
    samples: Sequence[Codes] = ()
    """Plausible ones, of the same times."""
    fit: FitReport | None = None
    """Of the dynamics that gave them; None for codes as they were given."""

    @property
    def method(self) -> str | None:
        """Name of what gave them."""
        return None if self.fit is None else self.fit.method


def resampled(
    codes: Codes, rate: Fraction, dynamics: Dynamics, samples: int = 0, progress: Progress = silent
) -> Dense:
    """Codes at a constant rate from the first to the last time, with so many `samples`.

    Raises:
        ConvergenceError: the trajectory is not finite.
    """
    trajectory = dynamics.fit(codes.times, codes.codes, progress)
    first, last = float(codes.times[0]), float(codes.times[-1])
    # A last time that a rounding error puts before its frame still gets it.
    count = int((last - first) * float(rate) + 1e-6) + 1
    times = torch.tensor([first + float(k / rate) for k in range(count)], dtype=torch.float64).clamp(max=last)
    curves = []
    for curve in (trajectory, *drawn_from(trajectory, samples)):
        values = curve.evaluate(times)
        if not bool(torch.isfinite(values).all()):
            raise ConvergenceError("the trajectory is not finite", hint="use --dynamics spline or linear")
        curves.append(Codes(values, times, codes.metadata))
    return Dense(curves[0], curves[1:], trajectory.report())


def render_codes(
    dense: Dense,
    generator: Generator,
    output: str,
    *,
    rate: Fraction | None = None,
    encoder: EncoderOptions | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Decoded:
    """Render every code as one frame of `output`: a video, images, or ``.safetensors`` with a tensor ``frames``.

    Samples are rendered beside them, with a map of their variance.

    Arguments:
        rate: frames per second; None: each frame is shown at the time of its code.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at `output` then.
    """
    check_target(output, None, force=force)
    codes, samples = dense.codes, dense.samples
    outputs = sample_outputs(output, len(samples))
    if outputs is not None:
        outputs.check(force=force)
    height, width = generator.frame_size
    count = len(codes.times)
    frames = in_step(_frames(codes, generator), [_frames(sample, generator) for sample in samples])
    if Path(output).suffix == ".safetensors":
        spread = save_frames(frames, codes.times, (height, width), output, outputs, progress)
        return Decoded(output, count, (height, width), dense.method, dense.fit, spread=spread)
    pace = rate or _pace(codes)
    info = made_video(output, width, height, pace, count)

    def opened(name: str, is_map: bool) -> VideoWriter:
        how = (map_info(info), LOSSLESS) if is_map else (info, encoder)
        return VideoWriter(name, how[0], rate=rate, size=(width, height), encoder=how[1], force=force)

    with SampledWriter(output, outputs, opened) as writer:
        origin = Fraction(float(codes.times[0]))
        for k, (frame, drawn) in enumerate(frames):
            time = k / rate if rate is not None else Fraction(float(codes.times[k])) - origin
            writer.write(frame, drawn, time.limit_denominator(1_000_000))
            progress(k + 1, count)
    told = tuple(writer.warnings)
    return Decoded(output, count, (height, width), dense.method, dense.fit, told, writer.spread())


def _frames(codes: Codes, generator: Generator) -> Iterator[Tensor]:
    device = generator.context.device
    height, width = generator.frame_size
    batch = max(1, min(16, generator.context.memory // 8 // (height * width * 3 * 4)))
    for first in range(0, len(codes.times), batch):
        part = slice(first, first + batch)
        yield from generator.synthesize(codes.codes[part].to(device), codes.times[part].to(device))


def _pace(codes: Codes) -> Fraction:
    """Frames per second of codes at their own times: what the most of them follow each other with."""
    if len(codes.times) < 2:
        return Fraction(25)
    spacing = float(codes.times.diff().median())
    if spacing <= 0:
        raise UsageError("the times of the codes do not increase")
    return Fraction(1 / spacing).limit_denominator(1001)
