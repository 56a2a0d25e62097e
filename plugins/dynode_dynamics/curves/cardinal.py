"""Interpolants that are linear in the data: z(t) = sum_j w_j(t) z_j, with cardinal functions w_j.

A basis gives, for every query, weights over consecutive observations. Reading a curve is then one matrix
product for a run of queries, which costs less than gathering neighbours and blending them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ROWS = 512
"""Queries in one matrix product."""
SPAN = 64
"""Observations that one product of local weights spans."""


@dataclass(frozen=True)
class Weights:
    """Weights (T, K) of observations first .. first + K - 1, with `first` (T,) int64."""

    first: Tensor
    values: Tensor


class CardinalBasis(ABC):
    """Cardinal functions of observations at given times."""

    def __init__(self, times: Tensor) -> None:
        self.times = times.contiguous()

    @abstractmethod
    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """Weights of z (derivative 0), or of dz/dt (derivative 1), at `t` (T,) float64 seconds."""


def locate(times: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Segment j (T,) in 0 .. N-2, its length h and the position s = (t - t_j) / h.

    Outside the knots s leaves [0, 1]. `times` (N,) with N >= 2.
    """
    segment = (torch.searchsorted(times, t.contiguous(), right=True) - 1).clamp_(0, len(times) - 2)
    left = times[segment]
    length = times[segment + 1] - left
    return segment, length, (t - left) / length


def average(shares: Sequence[float], parts: Sequence[Weights], count: int) -> Weights:
    """sum_k shares[k] parts[k], weights of the same `count` observations at the same queries."""
    first = torch.stack([part.first for part in parts]).amin(dim=0)
    last = torch.stack([part.first + part.values.shape[1] for part in parts]).amax(dim=0)
    width = int((last - first).max()) if len(first) else 1
    first = first.clamp(max=count - width)
    values = torch.zeros((len(first), width), dtype=parts[0].values.dtype, device=first.device)
    for share, part in zip(shares, parts, strict=True):
        columns = (part.first - first)[:, None] + torch.arange(part.values.shape[1], device=first.device)
        values.scatter_add_(1, columns, share * part.values)
    return Weights(first, values)


def apply(weights: Weights, data: Tensor) -> Tensor:
    """sum_k weights[:, k] data[first + k]: (T, D) from `data` (N, D), in its type and on its device."""
    out = torch.empty((len(weights.first), data.shape[1]), dtype=data.dtype, device=data.device)
    values = weights.values
    width = values.shape[1]
    if width >= len(data):
        return torch.mm(values.to(data), data, out=out)
    for rows, low, high in _runs(weights.first, width):
        run = Weights(weights.first[rows] - low, values[rows])
        torch.mm(dense(run, high - low).to(data), data[low:high], out=out[rows])
    return out


def dense(weights: Weights, count: int) -> Tensor:
    """The weights (T, count) of all of `count` observations."""
    values = weights.values
    if values.shape[1] == count:
        return values
    out = torch.zeros((len(values), count), dtype=values.dtype, device=values.device)
    columns = weights.first[:, None] + torch.arange(values.shape[1], device=values.device)
    return out.scatter_(1, columns, values)


def _runs(first: Tensor, width: int) -> Iterator[tuple[slice, int, int]]:
    """Runs of neighbouring queries, and the range of observations that each of them needs."""
    start = 0
    while start < len(first):
        block = first[start : start + ROWS]
        low = torch.cummin(block, 0).values
        high = torch.cummax(block, 0).values + width
        fits = (high - low <= max(SPAN, width)).sum()
        count = int(fits)
        yield slice(start, start + count), int(low[count - 1]), int(high[count - 1])
        start += count
