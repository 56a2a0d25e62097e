"""Cubic Hermite interpolation, as weights of knot values and of knot tangents."""

from __future__ import annotations

from torch import Tensor


def hermite(s: Tensor, length: Tensor, derivative: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights (T,) of left value, left tangent, right value and right tangent.

    Arguments:
        s: (T,) position in the segment, 0 .. 1; outside of it the curve goes on along the nearer end's tangent.
        length: (T,) length of the segment, in the unit of time of the tangents.
        derivative: 0 for the value, 1 for its derivative by time.
    """
    inside = s.clamp(0.0, 1.0)
    if derivative == 0:
        beyond = (s - inside) * length
        rest = 1.0 - inside
        value0 = rest * rest * (1.0 + 2.0 * inside)
        value1 = inside * inside * (3.0 - 2.0 * inside)
        tangent0 = inside * rest * rest * length + beyond * (s < 0)
        tangent1 = -inside * inside * rest * length + beyond * (s > 1)
        return value0, tangent0, value1, tangent1
    slope = 6.0 * inside * (1.0 - inside) / length
    tangent0 = (1.0 - inside) * (1.0 - 3.0 * inside)
    tangent1 = inside * (3.0 * inside - 2.0)
    return -slope, tangent0, slope, tangent1
