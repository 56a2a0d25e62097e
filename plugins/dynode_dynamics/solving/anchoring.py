"""From a vector field to a curve that meets the observed states: the question an initial value leaves open.

`two-sided` solves every segment forward from its left knot and backward from its right one, and blends the two
by a smoothstep: the curve passes through every knot, with the velocity of the field there, hence without a jump.
`residual` solves once from the first knot and adds a Catmull-Rom spline through what it misses. `none` is the
solution of the initial value alone. `forward`, for streams, solves each segment from its left knot and takes off
what it misses at the right one, growing by a smoothstep: nothing depends on what comes after that knot.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.curves.cardinal import apply
from dynode_dynamics.curves.reduced import Table
from dynode_dynamics.fields.segments import Flow, rk4_step
from dynode_dynamics.solving.solve import Solver, solve_segments

ANCHORS = ("two-sided", "residual", "none")
HORIZON = 8
"""Mean spacings that are solved on either side of the observations, for extrapolation."""


def anchored(
    flow: Flow, times: Tensor, states: Tensor, anchor: str, solver: Solver, radius: float
) -> tuple[Table, int]:
    """A dense solution (G, S) through `states` (N, S) at `times` (N,), and the evaluations it took.

    Extrapolation stops at `radius` from the origin. Beyond what is solved, the last state stays.

    Raises:
        ConvergenceError: a solve underflowed or diverged.
    """
    if anchor == "two-sided":
        inner, count = _two_sided(flow, times, states, solver)
    elif anchor == "forward":
        inner, count = _forward(flow, times, states, solver)
    else:
        inner, count = _rolled_out(flow, times, states[:1], solver)
        if anchor == "residual":
            missed = states - inner.values[:: solver.substeps]
            basis = CatmullRomBasis(times)
            inner = Table(
                inner.times,
                inner.values + apply(basis.weights(inner.times), missed),
                inner.slopes + apply(basis.weights(inner.times, 1), missed),
            )
    outer, more = _extrapolated(flow, inner, solver, radius)
    return outer, count + more


def _two_sided(flow: Flow, times: Tensor, states: Tensor, solver: Solver) -> tuple[Table, int]:
    length = times.diff()
    start = torch.cat((states[:-1], states[1:]))
    begin = torch.cat((times[:-1], times[1:]))
    both, count = solve_segments(flow, start, begin, torch.cat((length, -length)), solver)
    forward, backward = both[:, : len(length)], both[:, len(length) :].flip(0)
    s = torch.linspace(0.0, 1.0, solver.substeps + 1, dtype=torch.float64)
    t = times[:-1] + s[:, None] * length
    t[-1] = times[1:]
    blend = (s * s * (3.0 - 2.0 * s))[:, None, None]
    bend = (6.0 * s * (1.0 - s))[:, None, None] / length[None, :, None]
    values = torch.lerp(forward, backward, blend)
    slopes = torch.lerp(_along(flow, forward, t), _along(flow, backward, t), blend) + bend * (backward - forward)
    return _joined(t, values, slopes), count + 2 * len(s)


def _forward(flow: Flow, times: Tensor, states: Tensor, solver: Solver) -> tuple[Table, int]:
    length = times.diff()
    forward, count = solve_segments(flow, states[:-1], times[:-1], length, solver)
    s = torch.linspace(0.0, 1.0, solver.substeps + 1, dtype=torch.float64)
    t = times[:-1] + s[:, None] * length
    t[-1] = times[1:]
    blend = (s * s * (3.0 - 2.0 * s))[:, None, None]
    bend = (6.0 * s * (1.0 - s))[:, None, None] / length[None, :, None]
    missed = states[1:] - forward[-1]
    # The field at a knot is taken where the curve is there, not where the solution would have led.
    met = torch.cat((forward[:-1], states[None, 1:]))
    return _joined(t, forward + blend * missed, _along(flow, met, t) + bend * missed), count + len(s)


def _rolled_out(flow: Flow, times: Tensor, first: Tensor, solver: Solver) -> tuple[Table, int]:
    pieces, count, state = [], 0, first
    for begin, length in zip(times[:-1], times.diff(), strict=True):
        piece, evaluations = solve_segments(flow, state, begin[None], length[None], solver)
        pieces.append(piece)
        count += evaluations
        state = piece[-1]
    s = torch.linspace(0.0, 1.0, solver.substeps + 1, dtype=torch.float64)
    t = times[:-1] + s[:, None] * times.diff()
    values = torch.cat(pieces, dim=1)
    return _joined(t, values, _along(flow, values, t)), count + len(s)


def _extrapolated(flow: Flow, inner: Table, solver: Solver, radius: float) -> tuple[Table, int]:
    """The table continued at both ends, as long as the solution stays finite and near the data."""
    before: list[tuple[Tensor, Tensor, Tensor]] = []
    after: list[tuple[Tensor, Tensor, Tensor]] = []
    open_ends = {0: before, 1: after}
    edges = torch.tensor([0, len(inner.times) - 1])
    state, time = inner.values[edges][None], inner.times[edges][None, :, None]
    step = torch.tensor([-1.0, 1.0], dtype=torch.float64)[None, :, None] / solver.substeps
    count = 0
    for _ in range(HORIZON * solver.substeps):
        state = rk4_step(flow, state, time, step)
        time = time + step
        slope = flow(state, time)
        count += 5
        near = torch.isfinite(slope).all(dim=-1) & (state.norm(dim=-1) <= radius)
        for end in [end for end in open_ends if not bool(near[0, end])]:
            del open_ends[end]
        for end, parts in open_ends.items():
            parts.append((time[0, end], state[:, end], slope[:, end]))
        if not open_ends:
            break
    before.reverse()
    ends = [*before, (inner.times, inner.values, inner.slopes), *after]
    return Table(*(torch.cat(column) for column in zip(*ends, strict=True))), count


def _along(flow: Flow, states: Tensor, t: Tensor) -> Tensor:
    """The flow (K, n, S) at `states` (K, n, S) and `t` (K, n)."""
    return flow(states.reshape(1, -1, states.shape[-1]), t.reshape(1, -1, 1)).reshape(states.shape)


def _joined(t: Tensor, values: Tensor, slopes: Tensor) -> Table:
    """(K + 1, n, ...) grids of neighbouring segments as one ascending table, each knot once."""

    def join(grid: Tensor) -> Tensor:
        return torch.cat((grid[:-1].transpose(0, 1).flatten(0, 1), grid[-1, -1:]))

    return Table(join(t), join(values), join(slopes))
