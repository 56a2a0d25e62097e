"""Synthetic trajectories whose truth is known: what the dynamics are judged on beside real codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

DIMENSION = 64
COUNT = 41


@dataclass(frozen=True)
class Truth:
    """Observed codes (N, 64) at times (N,), and the clean curve that they were read from."""

    times: Tensor
    codes: Tensor
    clean: Tensor


def limit_cycle(seed: int) -> Truth:
    """Van der Pol's oscillator (mu = 1/2), 7.3 observations a turn, 5 % noise: motion that recurs."""
    times = torch.arange(COUNT, dtype=torch.float64)
    steps, period, stiffness = 400, 6.3807, 0.5
    rate = period / 7.3 / steps
    x, v, rows = 2.0, 0.0, []
    for number in range((COUNT + 20) * steps):
        if number % steps == 0 and number >= 20 * steps:
            rows.append((x, v))
        middle_x = x + 0.5 * rate * v
        middle_v = v + 0.5 * rate * (stiffness * (1 - x * x) * v - x)
        x, v = x + rate * middle_v, v + rate * (stiffness * (1 - middle_x**2) * middle_v - middle_x)
    return _embedded(times, torch.tensor(rows, dtype=torch.float64), 0.05, seed)


def multi_tone(seed: int) -> Truth:
    """Four coordinates of three slow tones each, without noise: smooth motion that does not recur."""
    generator = torch.Generator().manual_seed(seed)
    times = torch.arange(COUNT, dtype=torch.float64)
    rates = 0.3 + 0.6 * torch.rand(3, 4, generator=generator, dtype=torch.float64)
    phases = 2 * math.pi * torch.rand(3, 4, generator=generator, dtype=torch.float64)
    return _embedded(times, torch.sin(times[:, None, None] * rates + phases).sum(dim=1), 0.0, seed)


def accelerating(seed: int) -> Truth:
    """An outward spiral that is run through faster and faster, 5 % noise."""
    times = torch.arange(COUNT, dtype=torch.float64)
    phase = 0.08 * times + 0.0105 * times**2
    radius = 0.4 + times / COUNT
    path = torch.stack((radius * phase.cos(), radius * phase.sin()), dim=1)
    return _embedded(times, path, 0.05, seed)


def brownian(seed: int) -> Truth:
    """A random walk: nothing can beat the straight line."""
    generator = torch.Generator().manual_seed(seed)
    walk = torch.randn(COUNT, DIMENSION, generator=generator, dtype=torch.float64).cumsum(dim=0)
    return Truth(torch.arange(COUNT, dtype=torch.float64) / 25, walk.float(), walk.float())


FAMILIES: dict[str, Callable[[int], Truth]] = {
    "limit cycle": limit_cycle,
    "multi-tone": multi_tone,
    "accelerating": accelerating,
    "brownian": brownian,
}


def _embedded(times: Tensor, path: Tensor, noise: float, seed: int) -> Truth:
    """`path` (N, k) in a random plane of the code space, with noise relative to its root-mean-square radius."""
    generator = torch.Generator().manual_seed(1000 + seed)
    plane = torch.linalg.qr(torch.randn(DIMENSION, path.shape[1], generator=generator, dtype=torch.float64)).Q
    clean = path @ plane.T
    radius = (clean - clean.mean(dim=0)).square().sum(dim=1).mean().sqrt()
    jitter = torch.randn(clean.shape, generator=generator, dtype=torch.float64) * (noise * radius / DIMENSION**0.5)
    return Truth(times / 25, (clean + jitter).float(), clean.float())
