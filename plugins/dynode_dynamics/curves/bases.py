"""Linear and Catmull-Rom bases: which observations a moment is made of, and with what weights.

Both are local and have no parameters; those that a kernel makes are in :mod:`dynode_dynamics.curves.kriging`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_dynamics.curves.cardinal import CardinalBasis, Weights, locate
from dynode_dynamics.curves.hermite import hermite

UNEVEN = 6.0
"""Ratio of neighbouring gaps from which on the tangent between them is not that of the parabola."""


class LinearBasis(CardinalBasis):
    """Hat functions: the chord of two neighbours; the first and the last line go on outside the observations."""

    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """Two weights for each query."""
        segment, length, s = locate(self.times, t)
        pair = (1.0 - s, s) if derivative == 0 else (-1.0 / length, 1.0 / length)
        return Weights(segment, torch.stack(pair, dim=1))


class CatmullRomBasis(CardinalBasis):
    """Cubic Hermite segments; the tangent at a knot is that of the parabola through it and its neighbours.

    For even spacing h the tangent is (z_{j+1} - z_{j-1}) / 2h, and the curve leaves its chord by
    -s(1-s)/2 h^2 [(1-s) A_j + s A_{j+1}], where A is the second divided difference. At an end the parabola of the
    inner neighbour is used, so an end segment is that parabola itself.

    Beside a gap more than :data:`UNEVEN` times longer than that on the other side the tangent turns to the chord of
    the long one, so that the curve leaves that by about a short step at most: the speed within a short step says
    little about a long gap, and would carry the curve far past both its ends.
    """

    def __init__(self, times: Tensor) -> None:
        super().__init__(times)
        self._tangents = _parabola_tangents(times)

    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """Up to four weights for each query."""
        segment, length, s = locate(self.times, t)
        value0, tangent0, value1, tangent1 = hermite(s, length, derivative)
        start, stencil = self._tangents
        count = min(4, len(self.times))
        first = (segment - 1).clamp(0, len(self.times) - count)
        out = torch.zeros((len(t), count), dtype=t.dtype, device=t.device)
        for knot, value, tangent in ((segment, value0, tangent0), (segment + 1, value1, tangent1)):
            column = start[knot] - first
            for k in range(stencil.shape[1]):
                out.scatter_add_(1, (column + k)[:, None], (tangent * stencil[knot, k])[:, None])
            out.scatter_add_(1, (knot - first)[:, None], value[:, None])
        return Weights(first, out)


def _parabola_tangents(times: Tensor) -> tuple[Tensor, Tensor]:
    """First observation (N,) and weights (N, 3) of the tangent at each knot; (N, 2) for two knots."""
    h = times.diff()
    if len(times) == 2:
        chord = torch.stack((-1.0 / h[0], 1.0 / h[0]))
        return torch.zeros(2, dtype=torch.int64, device=times.device), chord.repeat(2, 1)
    before, after = h[:-1], h[1:]
    both = before + after
    # Share of the chord before in the tangent; that of the shorter side is bounded.
    bound = UNEVEN**2 / (1.0 + UNEVEN)
    share = torch.minimum(after / both, bound * before / after)
    share = torch.maximum(share, 1.0 - bound * after / before)
    inner = torch.stack((-share / before, share / before - (1.0 - share) / after, (1.0 - share) / after), dim=1)
    # The tangent of a parabola at its end is twice the chord's slope less the tangent in the middle.
    chord0 = torch.stack((-2.0 / h[0], 2.0 / h[0], torch.zeros_like(h[0])))
    chord1 = torch.stack((torch.zeros_like(h[0]), -2.0 / h[-1], 2.0 / h[-1]))
    stencil = torch.cat(((chord0 - inner[0])[None], inner, (chord1 - inner[-1])[None]))
    start = torch.arange(-1, len(times) - 1, device=times.device).clamp(0, len(times) - 3)
    return start, stencil
