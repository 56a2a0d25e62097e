"""Facts about observed codes and about a curve through them, for the report to the user."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_dynamics.curves.observations import Observations

_BLOCK = 256


def path_chord(codes: Tensor) -> float:
    """Length of the polygon through `codes` (N, D) over the distance of its ends; 1 if it is closed."""
    if len(codes) <= 2:
        return 1.0
    length = float(_steps(codes, 1).sum())
    chord = float(distances(codes[-1:], codes[:1]))
    return length / chord if chord > 1e-12 * length else 1.0


def mean_speed(observations: Observations) -> float:
    """Length of the polygon through the codes over the time it takes, on their clock; 0 for one code."""
    if len(observations) < 2:
        return 0.0
    return float(_steps(observations.codes, 1).sum() / (observations.times[-1] - observations.times[0]))


def roughness(observations: Observations) -> float:
    """Hurst-like exponent: slope of log E|z(t + lag) - z(t)| over log lag.

    .5 is a random walk, 1 smooth motion, 0 white noise. From lags of 1, 2, 4, ... observations, up to a quarter
    of the clip but at least two; 1 where nothing can be said.
    """
    count = len(observations)
    lags, steps = [], []
    lag = 1
    while lag <= max(2, count // 4) and lag < count:
        mean = float(_steps(observations.codes, lag).mean())
        if mean > 0:
            lags.append(float((observations.times[lag:] - observations.times[:-lag]).mean()))
            steps.append(mean)
        lag *= 2
    if len(lags) < 2:
        return 1.0
    x = torch.tensor(lags, dtype=torch.float64).log()
    y = torch.tensor(steps, dtype=torch.float64).log()
    x = x - x.mean()
    return float((x * y).sum() / (x * x).sum())


def spread(codes: Tensor) -> float:
    """Mean distance of `codes` (N, D) from their mean; 0 if all are the same."""
    return float(distances(codes, codes[:1] + (codes - codes[:1]).mean(dim=0)).mean())


def distances(one: Tensor, other: Tensor) -> Tensor:
    """|one - other| (N,) of rows (N, D), in float64: squares of float32 would overflow above 1e19."""
    found: Tensor = torch.linalg.vector_norm(one - other, dim=1, dtype=torch.float64)
    return found


def _steps(codes: Tensor, lag: int) -> Tensor:
    """|z_{j + lag} - z_j| (N - lag,) on the CPU, without a second copy of all codes."""
    blocks = []
    for start in range(0, len(codes) - lag, _BLOCK):
        stop = min(start + _BLOCK, len(codes) - lag)
        blocks.append(distances(codes[start + lag : stop + lag], codes[start:stop]).cpu())
    return torch.cat(blocks)
