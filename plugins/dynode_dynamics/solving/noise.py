"""Brownian bridges: how much noise the codes show, and paths of an SDE that vanish at every observation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.curves.cardinal import apply
from dynode_dynamics.curves.reduced import Table
from dynode_dynamics.fields.segments import Flow

METHODS = {"srk": "ito", "euler": "ito", "reversible_heun": "stratonovich", "midpoint": "stratonovich"}
"""Solvers of torchsde, and the calculus that each is for."""


class DriftNoise(torch.nn.Module):
    """An SDE with additive noise, in the form that torchsde wants.

    Arguments:
        drift: f (n, R) from a time and states (n, R).
        diffusion: (n, R) or (R,) standard deviation of the noise in one unit of time.
        calculus: ``ito`` or ``stratonovich``: the same for additive noise, but solvers are made for one of them.
    """

    noise_type = "diagonal"

    def __init__(self, drift: Callable[[Tensor, Tensor], Tensor], diffusion: Tensor, calculus: str) -> None:
        super().__init__()
        self._drift = drift
        self._diffusion = diffusion
        self.sde_type = calculus

    def f(self, t: Tensor, y: Tensor) -> Tensor:
        """Drift."""
        return self._drift(t, y)

    def g(self, t: Tensor, y: Tensor) -> Tensor:
        """Diffusion."""
        return self._diffusion.expand_as(y)


def solve_sde(
    drift: Callable[[Tensor, Tensor], Tensor],
    diffusion: Tensor,
    start: Tensor,
    points: int,
    *,
    calculus: str,
    method: str,
    seed: int,
) -> Tensor:
    """Paths (points + 1, n, R) of dy = f dt + g dW on [0, 1] from `start` (n, R); a seed fixes the noise."""
    import torchsde

    grid = torch.linspace(0.0, 1.0, points + 1, dtype=torch.float64)
    noise = torchsde.BrownianInterval(
        t0=0.0,
        t1=1.0,
        size=tuple(start.shape),
        dtype=start.dtype,
        entropy=seed,
        dt=1.0 / points,
        levy_area_approximation="space-time" if method == "srk" else "none",
    )
    with torch.no_grad():
        paths: Tensor = torchsde.sdeint(
            DriftNoise(drift, diffusion, calculus), start, grid, bm=noise, method=method, dt=1.0 / points
        )
    return paths


def diffusion_of(times: Tensor, states: Tensor) -> Tensor:
    """(R,) noise in a unit of time: the misses of a spline on left-out states, as ends of Brownian bridges.

    A bridge over gaps a and b on either side has the variance sigma^2 a b / (a + b).
    """
    count = len(times)
    if count < 3:
        return torch.zeros(states.shape[1], dtype=torch.float64)
    inner = torch.arange(1, count - 1)
    if len(inner) > 256:
        inner = inner[torch.linspace(0, len(inner) - 1, 256).round().long()]
    squares = []
    for j in inner.tolist():
        kept = torch.arange(count) != j
        predicted = apply(CatmullRomBasis(times[kept]).weights(times[j : j + 1]), states[kept])[0]
        before, after = times[j] - times[j - 1], times[j + 1] - times[j]
        squares.append((states[j] - predicted).square() * (before + after) / (before * after))
    return torch.stack(squares).mean(dim=0).sqrt()


def bridges(
    flow: Flow,
    mean: Table,
    times: Tensor,
    diffusion: Tensor,
    count: int,
    *,
    points: int,
    calculus: str,
    method: str,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """A grid (G,) and `count` deviations (count, G, R) from `mean` on it that vanish at all `times` (N,).

    Each segment runs by itself: the deviation solves de = (f(u + e) - f(u)) dt + sigma dW along the mean u, and what
    it has at the far end is taken off in proportion to time, which turns a Brownian motion into a Brownian bridge.
    """
    length = times.diff()
    segments = len(length)
    begin = times[:-1].repeat(count)[None, :, None]
    span = length.repeat(count)[:, None]

    def drift(s: Tensor, e: Tensor) -> Tensor:
        t = begin + s * span[None]
        u = mean.read(t.reshape(-1))[None]
        return span * (flow(u + e[None], t) - flow(u, t))[0]

    start = torch.zeros((count * segments, len(diffusion)), dtype=torch.float64)
    noise = diffusion * span.sqrt()
    paths = solve_sde(drift, noise, start, points, calculus=calculus, method=method, seed=seed)
    s = torch.linspace(0.0, 1.0, points + 1, dtype=torch.float64)[:, None, None]
    bridge = (paths - s * paths[-1:]).reshape(points + 1, count, segments, -1)
    grid = (times[:-1, None] + s[:-1, 0, 0] * length[:, None]).reshape(-1)
    inner = bridge[:-1].permute(1, 2, 0, 3).reshape(count, -1, len(diffusion))
    return torch.cat((grid, times[-1:])), torch.cat((inner, torch.zeros_like(inner[:, :1])), dim=1)
