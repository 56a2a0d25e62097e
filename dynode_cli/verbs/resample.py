"""Latent codes at other times: the dynamics alone, for codes that come from anywhere."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode_cli.contracts import Context, Dynamics, FitReport, Progress, silent
from dynode_cli.errors import UsageError
from dynode_cli.files.codes import Codes, load_codes, save_codes, save_variance
from dynode_cli.pipeline.draws import check_samples, drawn_from
from dynode_cli.pipeline.outputs import sibling
from dynode_cli.plugin_host.host import load_host
from dynode_cli.values.time_lists import listed_times, read_list
from dynode_cli.values.times import parse_rate

MOST = 10_000_000
"""Codes that one command makes at most: more is a slip of the keyboard."""


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


def resample(
    source: str | Path,
    output: str | Path,
    *,
    rate: str | float | None = None,
    times: Sequence[float] | str | Path | None = None,
    dynamics: str = "auto",
    dynamics_options: Mapping[str, Any] | None = None,
    samples: int = 0,
    device: str = "cpu",
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> Resampled:
    """Read the codes of `source` at other times and write them to `output`, both code files.

    Arguments:
        rate: codes a second from the first to the last observation: 240, "24000/1001", "2x" of the source's mean.
        times: seconds, or a text with them separated by commas, or a file with one or more a line; in this order.
        dynamics: name of the dynamics; `dynamics_options` its options.
        samples: plausible curves to write beside the mean, as OUTPUT.1, ..., and their variance around it, as
            OUTPUT.variance; for dynamics that draw them.

    Raises:
        InputError: the code file cannot be read.
        UsageError: neither or both of `rate` and `times`, bad ones, an output that exists, dynamics without samples.
        ConvergenceError: the dynamics diverged.
    """
    output = Path(output)
    names = [str(output), *(sibling(str(output), str(k + 1)) for k in range(samples))]
    variance = sibling(str(output), "variance") if samples else None
    taken = [name for name in (*names, *([variance] if variance else [])) if Path(name).exists()]
    if taken and not force:
        raise UsageError(f"{taken[0]} exists already", hint="add --force to replace it")
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent}: no such folder")
    codes = load_codes(source)
    clock = _clock(codes, rate, times)
    host = load_host()
    check_samples(samples, dynamics, host)
    method: Dynamics = host.create("dynamics", dynamics, dynamics_options or {}, Context(device=device, seed=seed))
    trajectory = method.fit(codes.times.to(device), codes.codes.to(device), progress)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metadata = {**codes.metadata, "dynamics": dynamics}
        mean = trajectory.evaluate(clock.to(device))
        save_codes(names[0], Codes(mean, clock, metadata))
        squares = torch.zeros_like(mean)
        for name, curve in zip(names[1:], drawn_from(trajectory, samples), strict=True):
            values = curve.evaluate(clock.to(device))
            save_codes(name, Codes(values, clock, metadata))
            squares += (values - mean).square()
    if variance is not None:
        save_variance(variance, squares / samples, clock)
    report = trajectory.report()
    notes = dict.fromkeys([*report.warnings, *(str(item.message) for item in caught)])
    return Resampled(
        names,
        variance,
        len(clock),
        len(codes.times),
        tuple(codes.codes.shape[1:]),
        dynamics,
        replace(report, warnings=tuple(notes)),
    )


def _clock(codes: Codes, rate: str | float | None, times: Sequence[float] | str | Path | None) -> Tensor:
    """The times (T,) to read, in seconds."""
    if (rate is None) == (times is None):
        raise UsageError("give either --rate or --times", hint="--rate 240, or --times 0,0.1,0.2")
    first, last = float(codes.times[0]), float(codes.times[-1])
    if times is not None:
        return _listed(times, Fraction((len(codes.times) - 1) / (last - first)) if last > first else Fraction(1))
    parsed = parse_rate(str(rate))
    if not parsed.relative:
        step = 1.0 / float(parsed.value)
    elif len(codes.times) > 1:
        step = (last - first) / (len(codes.times) - 1) / float(parsed.value)
    else:
        raise UsageError(f"--rate {rate}: one code has no rate to multiply", hint="write codes a second: --rate 240")
    # A millionth of a step for rounding: a last code that falls on the grid is kept.
    count = int((last - first) / step + 1e-6) + 1
    if count > MOST:
        raise UsageError(f"--rate {rate} makes {count} codes; at most {MOST} are made at a time")
    return first + step * torch.arange(count, dtype=torch.float64)


def _listed(times: Sequence[float] | str | Path, rate: Fraction) -> Tensor:
    """Times (T,) from numbers, a text of them, or a file; `rate` is that of the source."""
    if not isinstance(times, str | Path):
        numbers = list(times)
    elif _is_file(times):
        numbers = [float(time.value) for time in listed_times(read_list(Path(times)), rate, name=times, signed=True)]
    else:
        try:
            found = listed_times(str(times), rate, name="LIST", signed=True)
        except UsageError as error:
            raise UsageError(
                f"--times {times}: neither a list of times nor a file that is there",
                hint="write seconds separated by commas, 0,0.1,0.2, or the name of a file of them",
            ) from error
        numbers = [float(time.value) for time in found]
    values = torch.tensor(numbers, dtype=torch.float64)
    if len(values) == 0 or not bool(torch.isfinite(values).all()):
        raise UsageError("--times: no finite time in it", hint="write seconds separated by commas: 0,0.1,0.2")
    if len(values) > 1 and not bool((values.diff() > 0).all()):
        raise UsageError("--times must increase", hint="sort them, and drop repeated ones")
    return values


def _is_file(name: str | Path) -> bool:
    try:
        return Path(name).is_file()
    except OSError:
        # A list may well be longer than a name can be.
        return False
