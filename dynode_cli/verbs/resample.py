"""Resampling of latent codes: the dynamics alone, for codes that come from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from dynode_cli.contracts import Dynamics, FitReport
from dynode_cli.files.codes import Codes, load_codes, save_codes, save_variance
from dynode_cli.media.writing.target import check_target, claimed_targets
from dynode_cli.pipeline.codes_clock import listed_times, read_at, resolved_rate, steady_times
from dynode_cli.pipeline.draws import check_samples
from dynode_cli.pipeline.job import opened_job
from dynode_cli.pipeline.methods import context_of
from dynode_cli.pipeline.outputs import sibling
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.codes import Resample
from dynode_cli.values.amounts import counted


@dataclass(frozen=True)
class Resampled:
    """What :func:`resample` did."""

    outputs: list[str]
    """Code files: the curve, then its samples."""
    variance: str | None
    """File of the variance of the samples."""
    count: int
    observations: int
    code_shape: tuple[int, ...]
    dynamics: str
    report: FitReport

    def __repr__(self) -> str:
        return (
            f"<Resampled {self.outputs[0]}: {counted(self.count, 'code')} from {self.observations}, {self.dynamics}>"
        )


def resample(request: Resample, host: Host) -> Resampled:
    """Read codes at other times and write them, both as code files.

    Samples are written beside the mean, as OUTPUT.1, ..., and their variance around it, as OUTPUT.variance.

    Raises:
        InputError: the code file cannot be read.
        UsageError: an output that exists, times that do not increase, dynamics without samples.
        ConvergenceError: the dynamics diverged.
    """
    names = [request.output, *(sibling(request.output, str(k + 1)) for k in range(request.samples))]
    variance = sibling(request.output, "variance") if request.samples else None
    for name in (*names, *([variance] if variance else [])):
        check_target(name, None, force=request.force)
    with claimed_targets(request.output):
        return _resampled(request, host, names, variance)


def _resampled(request: Resample, host: Host, names: list[str], variance: str | None) -> Resampled:
    with threads_at_most(request.threads):
        codes = load_codes(request.source)
        times = _times(codes, request)
        check_samples(request.samples, request.dynamics, host)
        context = context_of(request, None, host)
        method: Dynamics = host.create("dynamics", request.dynamics, request.dynamics_options, context)
        with opened_job(request.show, request.output) as job:
            job.phase("fitting the curve")
            dense = read_at(codes, times, method, samples=request.samples, device=context.device, progress=job.share)
    metadata = {**codes.metadata, "dynamics": request.dynamics}
    mean = dense.codes.codes
    squares = torch.zeros_like(mean)
    for name, read in zip(names, (dense.codes, *dense.samples), strict=True):
        save_codes(name, Codes(read.codes, times, metadata), replace=request.force)
        squares += (read.codes - mean).square()
    if variance is not None:
        save_variance(variance, squares / request.samples, times, replace=request.force)
    assert dense.fit is not None
    shape = tuple(codes.codes.shape[1:])
    return Resampled(names, variance, len(times), len(codes.times), shape, request.dynamics, dense.fit)


def _times(codes: Codes, request: Resample) -> torch.Tensor:
    """The times (T,) to read, in seconds."""
    if request.times is not None:
        return listed_times(codes, request.times)
    assert request.rate is not None
    return steady_times(codes, resolved_rate(codes, request.rate))
