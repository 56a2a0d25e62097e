"""``dynode render``: codes back to frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dynode_cli.codes import Codes, load_codes
from dynode_cli.contracts import Dynamics, Generator, Progress, silent
from dynode_cli.errors import ConvergenceError, DeviceError, InputError, UsageError
from dynode_cli.media.made import made_video
from dynode_cli.media.target import check_target
from dynode_cli.media.writer import EncoderOptions, VideoWriter
from dynode_cli.pipeline.invert import TUNED

_LARGEST_TENSOR = 8 << 30
"""Bytes of frames that are gathered for a tensor file; more belongs into a video."""


@dataclass(frozen=True)
class Decoded:
    """What was rendered."""

    output: str
    frames: int
    size: tuple[int, int]
    """(H, W)."""
    method: str | None
    """Dynamics that gave the codes between the given ones; None where only those were rendered."""
    warnings: tuple[str, ...] = ()


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


def resampled(codes: Codes, rate: Fraction, dynamics: Dynamics, progress: Progress = silent) -> tuple[Codes, str]:
    """Codes at a constant rate from the first to the last time, and the method that was used.

    Raises:
        ConvergenceError: the trajectory is not finite.
    """
    trajectory = dynamics.fit(codes.times, codes.codes, progress)
    first, last = float(codes.times[0]), float(codes.times[-1])
    # A last time that a rounding error puts before its frame still gets it.
    count = int((last - first) * float(rate) + 1e-6) + 1
    times = torch.tensor([first + float(k / rate) for k in range(count)], dtype=torch.float64).clamp(max=last)
    values = trajectory.evaluate(times)
    if not bool(torch.isfinite(values).all()):
        raise ConvergenceError("the trajectory is not finite", hint="use --dynamics spline or linear")
    return Codes(values, times, codes.metadata), trajectory.report().method


def render_codes(
    codes: Codes,
    generator: Generator,
    output: str,
    *,
    rate: Fraction | None = None,
    encoder: EncoderOptions | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Decoded:
    """Render every code as one frame of `output`: a video, images, or ``.safetensors`` with a tensor ``frames``.

    Arguments:
        rate: frames per second; None: each frame is shown at the time of its code.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at `output` then.
    """
    check_target(output, None, force=force)
    height, width = generator.frame_size
    count = len(codes.times)
    if Path(output).suffix == ".safetensors":
        _save_frames(codes, generator, output, progress)
        return Decoded(output, count, (height, width), None)
    pace = rate or _pace(codes)
    info = made_video(output, width, height, pace, count)
    with VideoWriter(output, info, rate=rate, size=(width, height), encoder=encoder, force=force) as writer:
        origin = Fraction(float(codes.times[0]))
        for k, frame in enumerate(_frames(codes, generator)):
            time = k / rate if rate is not None else Fraction(float(codes.times[k])) - origin
            writer.write(frame.permute(1, 2, 0).cpu().numpy(), time.limit_denominator(1_000_000))
            progress(k + 1, count)
    return Decoded(output, count, (height, width), None, tuple(writer.warnings))


def _frames(codes: Codes, generator: Generator) -> Iterator[Tensor]:
    device = generator.context.device
    height, width = generator.frame_size
    batch = max(1, min(16, generator.context.memory // 8 // (height * width * 3 * 4)))
    for first in range(0, len(codes.times), batch):
        part = slice(first, first + batch)
        yield from generator.synthesize(codes.codes[part].to(device), codes.times[part].to(device))


def _save_frames(codes: Codes, generator: Generator, output: str, progress: Progress) -> None:
    height, width = generator.frame_size
    if len(codes.times) * height * width * 12 > _LARGEST_TENSOR:
        raise DeviceError(f"{output}: the frames would take more than 8 GiB", hint="write a video or images instead")
    frames = torch.empty((len(codes.times), 3, height, width))
    for k, frame in enumerate(_frames(codes, generator)):
        frames[k] = frame.cpu()
        progress(k + 1, len(frames))
    part = Path(output + ".part")
    try:
        save_file({"frames": frames, "times": codes.times}, part)
        part.replace(output)
    except OSError as error:
        raise DeviceError(f"{output}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def _pace(codes: Codes) -> Fraction:
    """Frames per second of codes at their own times: what the most of them follow each other with."""
    if len(codes.times) < 2:
        return Fraction(25)
    spacing = float(codes.times.diff().median())
    if spacing <= 0:
        raise UsageError("the times of the codes do not increase")
    return Fraction(1 / spacing).limit_denominator(1001)
