"""Interpolants that are linear in the data: z(t) = sum_j w_j(t) z_j, with cardinal functions w_j.

A basis gives, for every query, weights over consecutive observations. Reading a curve is then one matrix
product for a run of queries, which costs less than gathering neighbours and blending them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
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


def apply(weights: Weights, data: Tensor) -> Tensor:
    """sum_k weights[:, k] data[first + k]: (T, D) from `data` (N, D), in its type and on its device."""
    out = torch.empty((len(weights.first), data.shape[1]), dtype=data.dtype, device=data.device)
    values = weights.values
    width = values.shape[1]
    if width >= len(data):
        return torch.mm(values.to(data), data, out=out)
    for rows, low, high in _runs(weights.first, width):
        dense = torch.zeros((rows.stop - rows.start, high - low), dtype=values.dtype)
        columns = weights.first[rows, None] - low + torch.arange(width)
        dense.scatter_(1, columns, values[rows])
        torch.mm(dense.to(data), data[low:high], out=out[rows])
    return out


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
