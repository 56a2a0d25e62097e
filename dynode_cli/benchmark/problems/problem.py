"""The initial-value problem that a fitted field poses on codes, and made codes with motion in them.

A problem has the form of what the program solves: every segment between two codes forwards from its left and backwards
from its right end, the two blended by a smoothstep; read by a cubic Hermite dense output; lifted to codes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

STATES = {"18 x 512": (18, 512), "PCA-10": (10,), "motion": (8,)}
"""Shapes of codes: StyleGAN's W+, ten components, and those of the generator `motion`."""
KNOTS = 25
"""Observed codes of a clip."""
RANK = 5
"""Components in which the equations are solved, as by default."""
HIDDEN = 16


def made_codes(shape: tuple[int, ...], seed: int, count: int = KNOTS) -> tuple[Tensor, Tensor]:
    """Times (count,) in seconds and codes (count, *shape) float32: a few tones, and a little noise everywhere."""
    generator = torch.Generator().manual_seed(seed)
    size = math.prod(shape)
    times = torch.arange(count, dtype=torch.float64) / 25
    tones = 2 * math.pi * (0.3 + 2.0 * torch.rand(RANK, generator=generator, dtype=torch.float64))
    phases = 2 * math.pi * torch.rand(RANK, generator=generator, dtype=torch.float64)
    strength = 2.0 ** -torch.arange(RANK, dtype=torch.float64)
    path = strength * torch.sin(times[:, None] * tones + phases)
    lift = torch.randn(RANK, size, generator=generator, dtype=torch.float64)
    noise = torch.randn(count, size, generator=generator, dtype=torch.float64)
    codes = 1.0 + path @ lift + 0.02 * noise
    return times, codes.reshape(count, *shape).to(torch.float32)


def query_times(times: Tensor, count: int) -> Tensor:
    """(count,) times from the first to the last of `times`, none of them an observed one but the ends."""
    return torch.linspace(float(times[0]), float(times[-1]), count, dtype=torch.float64)


def gather_lerp(times: Tensor, codes: Tensor, t: Tensor) -> Tensor:
    """Linear interpolation as one would write it: (..., N, D) codes at `times` (N,) give (..., T, D)."""
    right = torch.searchsorted(times, t).clamp(1, len(times) - 1)
    share = ((t - times[right - 1]) / (times[right] - times[right - 1])).to(codes.dtype)
    return torch.lerp(codes[..., right - 1, :], codes[..., right, :], share[:, None])


@dataclass(frozen=True)
class InitialValueProblem:
    """C clips of N codes in R components, a field of each clip, and T times to read; time is in segments."""

    states: Tensor
    """(C, N, R) coordinates of the codes."""
    rest: Tensor
    """(C, N, D) codes: what the components do not hold of them is carried linearly."""
    basis: Tensor
    """(C, R, D)"""
    weights: tuple[Tensor, ...]
    """Three weights (C, in, out) and biases (C, 1, out)."""
    queries: Tensor
    """(T,) float64, 0 .. N - 1."""

    @property
    def clips(self) -> int:
        """C."""
        return len(self.states)

    @property
    def segments(self) -> int:
        """N - 1."""
        return self.states.shape[1] - 1

    def to(self, *, dtype: torch.dtype | None = None, device: str | None = None) -> InitialValueProblem:
        """In another type, on another device."""

        def moved(value: Tensor) -> Tensor:
            return value.to(device=device, dtype=dtype)

        return replace(
            self,
            states=moved(self.states),
            rest=moved(self.rest),
            basis=moved(self.basis),
            weights=tuple(moved(weight) for weight in self.weights),
            queries=self.queries.to(device=device),
        )

    def rotated(self, number: int) -> InitialValueProblem:
        """The same problem with other numbers: the clips in another order, their first code moved a little."""
        states = self.states.roll(number, 0) * (1.0 + 0.01 * (number % 4))
        return replace(self, states=states, rest=self.rest.roll(number, 0))

    def ways(self) -> tuple[Tensor, Tensor]:
        """Where every way begins (C, 2 S, R), and its signed length (2 S, 1): S forwards, S backwards."""
        start = torch.cat((self.states[:, :-1], self.states[:, 1:]), dim=1)
        length = torch.ones((2 * self.segments, 1), dtype=start.dtype, device=start.device)
        length[self.segments :] = -1.0
        return start, length

    def field(self, u: Tensor) -> Tensor:
        """du/dt (C, n, R) at `u` (C, n, R)."""
        w0, b0, w1, b1, w2, b2 = self.weights
        hidden = functional.silu(torch.baddbmm(b0, u, w0))
        hidden = functional.silu(torch.baddbmm(b1, hidden, w1))
        return torch.baddbmm(b2, hidden, w2)

    def place(self) -> tuple[Tensor, Tensor]:
        """Segment (T,) of each query, and where in it (T,) float64, 0 .. 1."""
        segment = self.queries.floor().clamp(0, self.segments - 1)
        return segment.long(), self.queries - segment

    def read(self, grid: Tensor) -> Tensor:
        """States (C, T, R) from the solution (K + 1, C, 2 S, R) on equal steps of every way."""
        count = self.segments
        steps = len(grid) - 1
        forward, backward = grid[:, :, :count], grid[:, :, count:].flip(0)
        s = torch.linspace(0.0, 1.0, steps + 1, dtype=grid.dtype, device=grid.device)[:, None, None, None]
        blend, bend = s * s * (3.0 - 2.0 * s), 6.0 * s * (1.0 - s)
        values = torch.lerp(forward, backward, blend)
        slopes = torch.lerp(self._along(forward), self._along(backward), blend) + bend * (backward - forward)
        segment, share = self.place()
        left = (share * steps).floor().clamp(0, steps - 1).long()
        x = (share * steps - left).to(grid)[None, :, None]
        picked = [table[at, :, segment].transpose(0, 1) for table in (values, slopes) for at in (left, left + 1)]
        v0, v1, m0, m1 = picked[0], picked[1], picked[2] / steps, picked[3] / steps
        y = 1.0 - x
        return y * y * (1 + 2 * x) * v0 + x * x * (1 + 2 * y) * v1 + x * y * (y * m0 - x * m1)

    def lift(self, states: Tensor) -> Tensor:
        """Codes (C, T, D) of `states` (C, T, R): one matrix product with the codes and the components below them."""
        segment, share = self.place()
        hats = torch.zeros((len(segment), self.segments + 1), dtype=states.dtype, device=states.device)
        hats.scatter_(1, segment[:, None], (1.0 - share).to(states)[:, None])
        hats.scatter_(1, segment[:, None] + 1, share.to(states)[:, None])
        own = states - torch.matmul(hats, self.states)
        left = torch.cat((hats.expand(self.clips, -1, -1), own), dim=2)
        return torch.bmm(left, torch.cat((self.rest, self.basis), dim=1))

    def _along(self, grid: Tensor) -> Tensor:
        states = grid.transpose(0, 1)
        return self.field(states.flatten(1, 2)).reshape(states.shape).transpose(0, 1)


def made_problem(shape: tuple[int, ...], clips: int, count: int, seed: int = 0) -> InitialValueProblem:
    """`clips` clips of :data:`KNOTS` codes of `shape`, whose field turns and bends; `count` times to read."""
    generator = torch.Generator().manual_seed(seed)
    flat = torch.stack([made_codes(shape, seed + clip)[1].flatten(1) for clip in range(clips)])
    mean = flat.mean(dim=1, keepdim=True)
    _, values, rows = torch.linalg.svd(flat - mean, full_matrices=False)
    basis = rows[:, :RANK].contiguous()
    scale = values.square().sum(dim=1).div(KNOTS).sqrt()[:, None, None]
    states = torch.bmm(flat - mean, basis.transpose(1, 2)) / scale
    weights: list[Tensor] = []
    for inputs, outputs, gain in ((RANK, HIDDEN, 2.0), (HIDDEN, HIDDEN, 1.0), (HIDDEN, RANK, 0.5)):
        weights.append(torch.randn(clips, inputs, outputs, generator=generator) * gain / math.sqrt(inputs))
        weights.append(0.1 * gain * torch.randn(clips, 1, outputs, generator=generator))
    queries = torch.linspace(0.0, KNOTS - 1.0, count, dtype=torch.float64)
    return InitialValueProblem(states, flat, basis * scale, tuple(weights), queries)


def exact_settings(grid: Tensor) -> dict[str, Any]:
    """What makes torchdiffeq exact: a tight tolerance, and steps that end at `grid`, so that nothing is interpolated."""
    return {"method": "dopri8", "rtol": 1e-11, "atol": 1e-12, "options": {"step_t": grid}}


def exact(problem: InitialValueProblem) -> Tensor:
    """Codes (C, T, D) float64 by an eighth-order solver at 1e-11, at the queries themselves.

    Every query is a way of its own, from either end of its segment and as long as it is far from it: all end at once,
    and the solver takes a few steps however many they are.
    """
    from torchdiffeq import odeint

    exactly = problem.to(dtype=torch.float64, device="cpu")
    segment, share = exactly.place()
    start = torch.cat((exactly.states[:, segment], exactly.states[:, segment + 1]), dim=1)
    length = torch.cat((share, share - 1.0))[:, None]
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)

    def rate(s: Any, u: Tensor) -> Tensor:
        return length * exactly.field(u)

    forward, backward = odeint(rate, start, ends, **exact_settings(ends))[-1].split(len(share), dim=1)
    blend = (share * share * (3.0 - 2.0 * share))[:, None]
    return exactly.lift(torch.lerp(forward, backward, blend))
