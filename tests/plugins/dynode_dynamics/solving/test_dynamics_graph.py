"""The fast path solves what torchdiffeq solves."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torchdiffeq import odeint

from dynode_cli import DeviceError, UsageError
from dynode_dynamics.solving.dense_solver import DenseSolver

BATCH, COUNT, RANK, SIZE = 3, 6, 4, 20


def made(dtype: torch.dtype) -> tuple[list[Tensor], Tensor, Tensor, Tensor, Tensor]:
    """Weights, basis, times (uneven), states and codes."""
    random = torch.Generator().manual_seed(0)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64).to(dtype)

    weights = [0.5 * noise(BATCH, RANK, 8), noise(BATCH, 1, 8), 0.4 * noise(BATCH, 8, 8), noise(BATCH, 1, 8)]
    weights += [0.15 * noise(BATCH, 8, RANK), 0.1 * noise(BATCH, 1, RANK)]
    times = torch.tensor([0.0, 1.0, 1.5, 3.0, 4.0, 4.7], dtype=torch.float64)
    return weights, noise(BATCH, RANK, SIZE), times, noise(BATCH, COUNT, RANK), noise(BATCH, COUNT, SIZE)


def exact(weights: list[Tensor], basis: Tensor, times: Tensor, states: Tensor, codes: Tensor, t: Tensor) -> Tensor:
    """(B, T, D) at `t` by dopri8 from both ends of each segment, one query at a time."""

    def field(_: Tensor, u: Tensor) -> Tensor:
        hidden = functional.silu(u @ weights[0] + weights[1])
        return functional.silu(hidden @ weights[2] + weights[3]) @ weights[4] + weights[5]

    out = []
    for moment in t:
        j = min(int((times <= moment).sum()) - 1, len(times) - 2)
        ends = []
        for knot in (j, j + 1):
            span = torch.stack((times[knot], moment))
            start = states[:, knot : knot + 1]
            if bool(span[0] != span[1]):
                # step_t: a step ends where the answer is wanted, which is not interpolated then.
                settings = {"method": "dopri8", "rtol": 1e-11, "atol": 1e-12, "options": {"step_t": span}}
                start = odeint(field, start, span, **settings)[1]
            ends.append(start)
        s = (moment - times[j]) / (times[j + 1] - times[j])
        u = torch.lerp(ends[0], ends[1], s * s * (3 - 2 * s))
        base = torch.lerp(codes[:, j : j + 1], codes[:, j + 1 : j + 2], s)
        out.append(base + (u - torch.lerp(states[:, j : j + 1], states[:, j + 1 : j + 2], s)) @ basis)
    return torch.cat(out, dim=1)


QUERIES = torch.tensor([0.0, 0.3, 0.99, 1.0, 1.2, 2.6, 3.5, 4.6, 4.7], dtype=torch.float64)


def test_it_solves_what_torchdiffeq_solves() -> None:
    weights, basis, times, states, codes = made(torch.float64)
    expected = exact(weights, basis, times, states, codes, QUERIES)
    single = [value.to(torch.float32) for value in weights]
    solver = DenseSolver(single, basis.float(), times, QUERIES, substeps=8)
    found = solver(states.float(), codes.float()).double()
    assert float((found - expected).norm() / expected.norm()) < 1e-3
    assert solver.evaluations == 34


def test_the_error_falls_with_the_fourth_power_of_the_step() -> None:
    weights, basis, times, states, codes = made(torch.float64)
    # Steps end at the middles of the segments, where the dense output adds no error of its own.
    middles = (times[1:] + times[:-1]) / 2
    expected = exact(weights, basis, times, states, codes, middles)
    errors = [
        float((DenseSolver(weights, basis, times, middles, substeps=steps)(states, codes) - expected).norm())
        for steps in (4, 8, 16)
    ]
    assert errors[0] / errors[1] > 10
    assert errors[1] / errors[2] > 10


def test_it_passes_through_every_code() -> None:
    weights, basis, times, states, codes = made(torch.float64)
    found = DenseSolver(weights, basis, times, times)(states, codes)
    torch.testing.assert_close(found, codes, atol=1e-9, rtol=1e-9)


def test_an_edit_needs_the_states_alone_and_uses_the_same_buffer() -> None:
    weights, basis, times, states, codes = made(torch.float64)
    solver = DenseSolver(weights, basis, times, QUERIES)
    first = solver(states, codes).clone()
    moved = states.clone()
    moved[:, 0] += 0.1
    second = solver(moved)
    assert second.data_ptr() == solver(states).data_ptr()
    torch.testing.assert_close(solver(states), first)
    # What lies beyond the first segment does not depend on the first code.
    changed = (solver(moved) - first).abs().amax(dim=(0, 2)) > 1e-9
    assert changed.tolist() == [True, True, True, False, False, False, False, False, False]


def test_curves_of_a_batch_do_not_meet() -> None:
    weights, basis, times, states, codes = made(torch.float64)
    together = DenseSolver(weights, basis, times, QUERIES)(states, codes)
    for k in range(BATCH):
        part = [weight[k : k + 1] for weight in weights]
        alone = DenseSolver(part, basis[k : k + 1], times, QUERIES)(states[k : k + 1], codes[k : k + 1])
        torch.testing.assert_close(alone, together[k : k + 1])


def test_what_cannot_be_is_refused() -> None:
    weights, basis, times, _, _ = made(torch.float32)
    with pytest.raises(UsageError, match="no mode 'fast'"):
        DenseSolver(weights, basis, times, QUERIES, mode="fast")
    with pytest.raises(DeviceError, match="CUDA"):
        DenseSolver(weights, basis, times, QUERIES, mode="graph")
