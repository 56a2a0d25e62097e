"""Segments between neighbouring observations, for several folds of a clip at once, and steps across them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Flow = Callable[[Tensor, Tensor], Tensor]
"""f(u, t): (B, n, R) from states (B, n, R) and times (B, n, 1)."""


@dataclass(frozen=True)
class Segments:
    """S segments in each of B folds; a fold with fewer is padded with segments of weight 0."""

    start: Tensor
    """(B, S, R) state at the left knot."""
    end: Tensor
    """(B, S, R) state at the right knot."""
    time: Tensor
    """(B, S, 1) time of the left knot."""
    length: Tensor
    """(B, S, 1)"""
    weight: Tensor
    """(B, S, 1): 1, or 0 for padding."""

    def pick(self, index: Tensor) -> Segments:
        """The segments `index` (n,) of every fold."""
        return Segments(*(tensor[:, index] for tensor in vars(self).values()))


def segments_of(folds: Sequence[tuple[Tensor, Tensor]]) -> Segments:
    """Segments of folds that are given as times (N,) and states (N, R), N >= 2."""
    most = max(len(times) for times, _ in folds) - 1
    columns: list[list[Tensor]] = [[], [], [], [], []]
    for times, states in folds:
        index = torch.arange(most).clamp_max(len(times) - 2)
        weight = (torch.arange(most) < len(times) - 1).to(states)
        values = (states[index], states[index + 1], times[index, None], times.diff()[index, None], weight[:, None])
        for column, value in zip(columns, values, strict=True):
            column.append(value.to(states))
    return Segments(*(torch.stack(column) for column in columns))


def rk4_step(field: Flow, u: Tensor, t: Tensor, step: Tensor) -> Tensor:
    """One step of the classical fourth-order Runge-Kutta method; `step` (B, n, 1) may be negative."""
    half = 0.5 * step
    k1 = field(u, t)
    k2 = field(u + half * k1, t + half)
    k3 = field(u + half * k2, t + half)
    k4 = field(u + step * k3, t + step)
    return u + step * (k1 + 2.0 * (k2 + k3) + k4) / 6.0
