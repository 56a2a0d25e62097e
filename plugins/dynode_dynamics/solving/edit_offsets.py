"""Transport of an edit: how the offset of an edited code moves along a clip."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_dynamics.curves.reduced import Table
from dynode_dynamics.fields.segments import Flow, rk4_step


def carried_offset(flow: Flow, states: Table, offset: Tensor, at: float, damping: float) -> tuple[Table, float]:
    """Solve e' = damping * (f(x + e) - f(x)) along the solution x, from `offset` (R,) at time `at`.

    The offset of an exact solution would move with damping 1; a fitted field is only known near the data, so that
    a full pull drags edits along with it.

    Returns the offset (G, S) on the times of `states`, and its largest distance (in coordinates) from `offset`.
    """
    size = len(offset)

    def drift(e: Tensor, t: Tensor) -> Tensor:
        x = states.read(t.reshape(-1))[None]
        return damping * (flow(x + e, t) - flow(x, t))

    state = torch.zeros((1, 1, states.values.shape[1]), dtype=torch.float64)
    state[..., :size] = offset
    times = states.times
    start = int((times - at).abs().argmin())
    values: list[Tensor] = [state[0, 0]] * len(times)
    slopes: list[Tensor] = [drift(state, times[start].reshape(1, 1, 1))[0, 0]] * len(times)
    for path in (range(start + 1, len(times)), range(start - 1, -1, -1)):
        e, previous = state, start
        for index in path:
            begin = times[previous].reshape(1, 1, 1)
            moved = rk4_step(drift, e, begin, (times[index] - times[previous]).reshape(1, 1, 1))
            # Beyond twice its size the field knows nothing of it: an offset that runs away is kept as it was.
            known = bool(torch.isfinite(moved).all()) and float(moved.norm()) < 2 * float(offset.norm())
            e = moved if known else e
            slope = drift(e, times[index].reshape(1, 1, 1)) if known else torch.zeros_like(e)
            values[index], slopes[index] = e[0, 0], slope[0, 0]
            previous = index
    table = Table(times, torch.stack(values), torch.stack(slopes))
    return table, float((table.values[:, :size] - offset).norm(dim=1).max())
