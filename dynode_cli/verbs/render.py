"""Rendering of latent codes: codes back to frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from torch import Tensor

from dynode_cli.contracts import Dynamics, FitReport, Generator, Progress, silent
from dynode_cli.errors import InputError, UsageError
from dynode_cli.files.codes import Codes, load_codes
from dynode_cli.files.tensors import load_tensors
from dynode_cli.media.facts import made_video
from dynode_cli.media.writing.target import check_target, claimed_targets
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.codes_clock import Dense, read_at, resolved_rate, steady_times
from dynode_cli.pipeline.draws import check_samples
from dynode_cli.pipeline.frame_tensors import save_frames
from dynode_cli.pipeline.job import WRITING, opened_job
from dynode_cli.pipeline.methods import context_of, resolve
from dynode_cli.pipeline.outputs import sample_outputs
from dynode_cli.pipeline.pace import steady
from dynode_cli.pipeline.samples import LOSSLESS, SampledWriter, Spread, in_step, map_info
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.codes import Render
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.values.amounts import counted
from dynode_cli.verbs.invert import TUNED


@dataclass(frozen=True)
class RenderedCodes:
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

    def __repr__(self) -> str:
        how = f", codes between by {self.method}" if self.method else ""
        size = f"{self.size[1]}x{self.size[0]}"
        return f"<RenderedCodes {self.output}: {counted(self.frames, 'frame')} of {size}{how}>"


def open_codes(path: Path, generator: Generator) -> tuple[Codes, Generator]:
    """Codes, and `generator` as it was tuned for them if they say so.

    Raises:
        InputError: no code file, or codes that are not `generator`'s.
    """
    codes = load_codes(path)
    tuned = path.with_suffix(TUNED)
    if tuned.is_file():
        generator = generator.bound(load_tensors(tuned).tensors)
    shape, expected = tuple(codes.codes.shape[1:]), tuple(generator.code_shape)
    if shape != expected:
        raise InputError(
            f"{path}: codes of shape {shape} do not fit {type(generator).__name__}, whose codes are {expected}",
            hint=f"they were made for generator '{codes.metadata.get('generator', 'unknown')}'",
        )
    return codes, generator


def render(request: Render, host: Host) -> RenderedCodes:
    """Render codes as asked for.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    check_target(request.output, None, force=request.force)
    with (
        claimed_targets(request.output),
        threads_at_most(request.threads),
        opened_job(request.show, request.output) as job,
    ):
        chosen = resolve(request, host)
        context = context_of(request, request.weights, host)
        model: Generator = host.create("generator", chosen.generator.name, chosen.generator.options, context)
        codes, model = open_codes(Path(request.source), model)
        dense, rate = Dense(codes), None
        if request.rate is not None:
            check_samples(request.samples, chosen.dynamics.name, host)
            rate = resolved_rate(codes, request.rate)
            solver: Dynamics = host.create("dynamics", chosen.dynamics.name, chosen.dynamics.options, context)
            job.phase("fitting the curve")
            dense = read_at(codes, steady_times(codes, rate), solver, samples=request.samples, progress=job.share)
        job.phase(WRITING)
        job.expect(steady(len(dense.codes.times), _batch(model)))
        return render_codes(
            dense,
            model,
            request.output,
            rate=rate,
            encoder=request.encoding,
            force=request.force,
            progress=job.count,
        )


def render_codes(
    dense: Dense,
    generator: Generator,
    output: str,
    *,
    rate: Fraction | None = None,
    encoder: EncoderOptions | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> RenderedCodes:
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
        spread = save_frames(frames, codes.times, (height, width), output, outputs, progress, force=force)
        return RenderedCodes(output, count, (height, width), dense.method, dense.fit, spread=spread)
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
    return RenderedCodes(output, count, (height, width), dense.method, dense.fit, told, writer.spread())


def _frames(codes: Codes, generator: Generator) -> Iterator[Tensor]:
    device = generator.context.device
    batch = _batch(generator)
    for first in range(0, len(codes.times), batch):
        part = slice(first, first + batch)
        yield from generator.synthesize(codes.codes[part].to(device), codes.times[part].to(device))


def _batch(generator: Generator) -> int:
    """Frames that are made at a time."""
    height, width = generator.frame_size
    return max(1, min(16, generator.context.memory // 8 // (height * width * 3 * 4)))


def _pace(codes: Codes) -> Fraction:
    """Frames per second of codes at their own times: what the most of them follow each other with."""
    if len(codes.times) < 2:
        return Fraction(25)
    spacing = float(codes.times.diff().median())
    if spacing <= 0:
        raise UsageError("the times of the codes do not increase")
    return Fraction(1 / spacing).limit_denominator(1001)
