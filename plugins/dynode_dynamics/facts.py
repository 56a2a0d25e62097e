"""Facts about observed codes and about a curve through them, for the report to the user."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_dynamics.observations import Observations

_BLOCK = 256


def path_chord(codes: Tensor) -> float:
    """Length of the polygon through `codes` (N, D) over the distance of its ends; 1 if it is closed."""
    if len(codes) <= 2:
        return 1.0
    length = float(_distances(codes, 1).sum())
    chord = float((codes[-1] - codes[0]).norm())
    return length / chord if chord > 1e-12 * length else 1.0


def roughness(observations: Observations) -> float:
    """Hurst-like exponent: slope of log E|z(t + lag) - z(t)| over log lag.

    .5 is a random walk, 1 smooth motion, 0 white noise. From lags of 1, 2, 4, ... observations, up to a quarter
    of the clip but at least two; 1 where nothing can be said.
    """
    count = len(observations)
    lags, steps = [], []
    lag = 1
    while lag <= max(2, count // 4) and lag < count:
        mean = float(_distances(observations.codes, lag).mean())
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
    return float((codes - codes.mean(dim=0)).norm(dim=1).mean())


def _distances(codes: Tensor, lag: int) -> Tensor:
    """|z_{j + lag} - z_j| (N - lag,), without a second copy of all codes."""
    blocks = []
    for start in range(0, len(codes) - lag, _BLOCK):
        stop = min(start + _BLOCK, len(codes) - lag)
        blocks.append((codes[start + lag : stop + lag] - codes[start:stop]).norm(dim=1))
    return torch.cat(blocks)
