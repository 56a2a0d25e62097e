"""Latent codes at other times: the dynamics alone, for codes that come from anywhere."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from dynode_cli.codes import Codes, load_codes, save_codes
from dynode_cli.contracts import Context, Dynamics, FitReport, Progress, Trajectory, silent
from dynode_cli.errors import InputError, UsageError
from dynode_cli.plugin_manager import load_host
from dynode_cli.timeline import parse_rate

MOST = 10_000_000
"""Codes that one command makes at most: more is a slip of the keyboard."""


@runtime_checkable
class Sampler(Protocol):
    """A trajectory that knows how uncertain it is."""

    def samples(self, count: int) -> Sequence[Trajectory]:
        """`count` plausible trajectories."""


@dataclass(frozen=True)
class Resampled:
    """What :func:`resample` did."""

    outputs: list[str]
    """Code files: the curve, then its samples."""
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
        samples: plausible curves to write beside the mean, as OUTPUT.1, ...; for dynamics that have them.

    Raises:
        InputError: the code file cannot be read.
        UsageError: neither or both of `rate` and `times`, bad ones, an output that exists, dynamics without samples.
        ConvergenceError: the dynamics diverged.
    """
    output = Path(output)
    names = [output, *(output.with_name(f"{output.stem}.{k + 1}{output.suffix}") for k in range(samples))]
    taken = [name for name in names if name.exists()]
    if taken and not force:
        raise UsageError(f"{taken[0]} exists already", hint="add --force to replace it")
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent}: no such folder")
    codes = load_codes(source)
    clock = _clock(codes, rate, times)
    method: Dynamics = load_host().create(
        "dynamics", dynamics, dynamics_options or {}, Context(device=device, seed=seed)
    )
    trajectory = method.fit(codes.times.to(device), codes.codes.to(device), progress)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        curves = [trajectory, *_samples(trajectory, samples, dynamics)]
        for name, curve in zip(names, curves, strict=True):
            metadata = {**codes.metadata, "dynamics": dynamics}
            save_codes(name, Codes(curve.evaluate(clock.to(device)), clock, metadata))
    report = trajectory.report()
    notes = dict.fromkeys([*report.warnings, *(str(item.message) for item in caught)])
    return Resampled(
        [str(name) for name in names],
        len(clock),
        len(codes.times),
        tuple(codes.codes.shape[1:]),
        dynamics,
        replace(report, warnings=tuple(notes)),
    )


def _samples(trajectory: Trajectory, count: int, name: str) -> Sequence[Trajectory]:
    if count == 0:
        return []
    if not isinstance(trajectory, Sampler):
        raise UsageError(f"--samples: dynamics '{name}' has none", hint="use --dynamics sde")
    return trajectory.samples(count)


def _clock(codes: Codes, rate: str | float | None, times: Sequence[float] | str | Path | None) -> Tensor:
    """The times (T,) to read, in seconds."""
    if (rate is None) == (times is None):
        raise UsageError("give either --rate or --times", hint="--rate 240, or --times 0,0.1,0.2")
    if times is not None:
        return _listed(times)
    parsed = parse_rate(str(rate))
    first, last = float(codes.times[0]), float(codes.times[-1])
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


def _listed(times: Sequence[float] | str | Path) -> Tensor:
    """Times (T,) from numbers, a text of them, or a file."""
    words: Sequence[str | float]
    if isinstance(times, str | Path):
        text, path = str(times), Path(times)
        if path.is_file():
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"{path}: not a text file ({error})") from error
        words = text.replace(",", " ").split()
    else:
        words = times
    try:
        values = torch.tensor([float(word) for word in words], dtype=torch.float64)
    except ValueError as error:
        raise UsageError(
            f"--times: {error}", hint="write seconds separated by commas, or the name of a file of them"
        ) from error
    if len(values) == 0 or not bool(torch.isfinite(values).all()):
        raise UsageError("--times: no finite time in it", hint="write seconds separated by commas: 0,0.1,0.2")
    if len(values) > 1 and not bool((values.diff() > 0).all()):
        raise UsageError("--times must increase", hint="sort them, and drop repeated ones")
    return values
