"""Fits of vector fields: their algebra, their gradients, and laws that they have to find."""

from __future__ import annotations

import pytest
import torch

from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.fields.field import Field, FieldShape, new_field, unflatten
from dynode_dynamics.fields.least_squares import derivatives, least_squares
from dynode_dynamics.fields.matching import Teacher, match
from dynode_dynamics.fields.refinement import carried, refine
from dynode_dynamics.fields.residual import fit_residual
from dynode_dynamics.fields.segments import segments_of
from dynode_dynamics.fields.shooting import both_ways, shoot, shooting_residuals


def turning(count: int, step: float = 1.7) -> tuple[torch.Tensor, torch.Tensor]:
    """A point on a circle, seen rarely."""
    times = torch.arange(count, dtype=torch.float64)
    return times, torch.stack(((step * times).cos(), (step * times).sin()), dim=1)


def test_flattening_is_undone() -> None:
    field = new_field(FieldShape(3, 2, 5, time=True), 2, 7)
    again = unflatten(field.shape, field.flat())
    u, t = torch.randn(2, 4, 3), torch.randn(2, 4, 1)
    assert torch.equal(field(u, t), again(u, t))
    assert torch.equal(field(u, t)[:1].double(), field.fold(0)(u[:1].double(), t[:1].double()).float().double()) or (
        torch.allclose(field(u, t)[0].double(), field.fold(0)(u[:1].double(), t[:1].double())[0], atol=1e-5)
    )


def test_second_order_flow_is_velocity_and_acceleration() -> None:
    field = new_field(FieldShape(4, 2, 5, order=2), 1, 0, start=1.0)
    state, t = torch.randn(1, 3, 4), torch.zeros(1, 3, 1)
    flow = field.flow(state, t)
    assert torch.equal(flow[..., :2], state[..., 2:])
    assert torch.equal(flow[..., 2:], field(state, t))


@pytest.mark.parametrize("folds", [1, 3])
def test_least_squares_solves_a_regression_in_both_of_its_forms(folds: int) -> None:
    """Few samples take the form of small products, many the normal equations: both must fit."""
    for samples in (10, 400):
        x = torch.randn(folds, samples, 2)
        y = torch.stack((x[..., 0] - 2 * x[..., 1], x[..., 0] * 0.5), dim=-1)

        def residuals(field: Field, group: slice, x=x, y=y) -> torch.Tensor:
            return field(x[:, group], torch.zeros(folds, group.stop - group.start, 1)) - y[:, group]

        field = new_field(FieldShape(2, 2, 8), folds, 0)
        before = residuals(field, slice(0, samples)).square().mean()
        after = least_squares(field, residuals, samples, iterations=30, ridge=1e-5)
        assert float(residuals(after, slice(0, samples)).square().mean()) < 1e-3 * float(before)


def test_the_jacobian_of_shooting_is_that_of_finite_differences() -> None:
    """Second order, with time: every layer is evaluated twelve times on the way to one residual."""
    shape = FieldShape(4, 2, 3, time=True, span=5.0, order=2)
    times, states = turning(6)
    states = torch.cat((states, states.flip(1)), dim=1)
    residuals, samples = shooting_residuals(segments_of([(times, states), (times, 0.5 * states)]), 3)
    theta = new_field(shape, 2, 0, start=1.0).flat() * 0.3
    jacobian, values = derivatives(shape, theta, residuals, slice(0, samples))
    assert torch.equal(values, residuals(unflatten(shape, theta), slice(0, samples)).reshape(2, -1))
    for parameter in range(theta.shape[1]):
        shift = torch.zeros_like(theta)
        shift[:, parameter] = 1e-2
        after, before = (residuals(unflatten(shape, theta + s * shift), slice(0, samples)) for s in (1, -1))
        slope = ((after - before) / 2e-2).reshape(2, -1)
        assert torch.allclose(jacobian[..., parameter], slope, atol=5e-3)


def test_folds_together_give_what_each_gives_alone() -> None:
    problems = [turning(9), turning(7, 0.9)]
    shape = FieldShape(2, 2, 6)
    together = shoot(new_field(shape, 2, 0), segments_of(problems), iterations=8, ridge=3e-3)
    u = torch.randn(1, 20, 2, dtype=torch.float64)
    for number, problem in enumerate(problems):
        alone = shoot(new_field(shape, 1, 0), segments_of([problem]), iterations=8, ridge=3e-3)
        t = torch.zeros(1, 20, 1, dtype=torch.float64)
        assert torch.allclose(together.fold(number)(u, t), alone.fold(0)(u, t), atol=2e-2)


def test_shooting_finds_the_law_of_a_circle() -> None:
    field = shoot(new_field(FieldShape(2, 2), 1, 0), segments_of([turning(20)]), iterations=40, ridge=1e-4)
    _, seen = turning(12, 0.37)
    law = field.fold(0)(seen[None], torch.zeros(1, 12, 1, dtype=torch.float64))[0]
    expected = 1.7 * torch.stack((-seen[:, 1], seen[:, 0]), dim=1)
    assert float((law - expected).norm(dim=1).max()) < 0.15 * 1.7


def test_matching_follows_its_teacher_and_pulls_back_to_it() -> None:
    grid = torch.linspace(0.0, 6.0, 80, dtype=torch.float64)
    values = torch.stack((grid.cos(), grid.sin()), dim=1)
    slopes = torch.stack((-grid.sin(), grid.cos()), dim=1)
    field = match(
        new_field(FieldShape(2, 2), 1, 0),
        Teacher(grid[None, :, None], values[None], slopes[None]),
        iterations=25,
        ridge=1e-3,
        tube=0.2,
        contraction=0.2,
        seed=0,
    ).fold(0)
    t = torch.zeros(1, 80, 1, dtype=torch.float64)
    assert float((field(values[None], t)[0] - slopes).norm(dim=1).mean()) < 0.05
    outward = (field(1.1 * values[None], t)[0] - field(values[None], t)[0]) * values
    assert float(outward.sum(dim=1).mean()) < 0.0


def gradients(gradient: str, dtype: torch.dtype) -> list[torch.Tensor]:
    field = new_field(FieldShape(2, 2, 6), 1, 0, start=1.0)
    field = Field(field.shape, [p.to(dtype).requires_grad_() for p in field.parameters])
    ways = both_ways(segments_of([turning(5, 0.4)]))
    ways = type(ways)(*(tensor.to(dtype) for tensor in vars(ways).values()))
    carried(field, ways, 12, gradient).square().sum().backward()
    return [p.grad for p in field.parameters if p.grad is not None]


@pytest.mark.parametrize("gradient", ["checkpoint", "adjoint"])
def test_other_gradients_equal_the_direct_one(gradient: str) -> None:
    direct, other = gradients("direct", torch.float64), gradients(gradient, torch.float64)
    assert len(direct) == len(other) == 6
    for mine, theirs in zip(direct, other, strict=True):
        assert torch.allclose(mine, theirs, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("gradient", ["direct", "adjoint"])
def test_refinement_lowers_the_miss(gradient: str) -> None:
    segments = segments_of([turning(8, 0.8)])
    field = shoot(new_field(FieldShape(2, 2, 8), 1, 0), segments, iterations=2, ridge=1e-3)
    residuals, samples = shooting_residuals(segments, 4)
    finer = refine(field, segments, iterations=40, substeps=4, gradient=gradient, rate=3e-3)
    whole = slice(0, samples)
    assert float(residuals(finer, whole).square().sum()) < 0.8 * float(residuals(field, whole).square().sum())


def corrected_gain(states: torch.Tensor, times: torch.Tensor) -> tuple[float, float]:
    correction = fit_residual(
        times,
        states,
        CatmullRomBasis,
        shape=FieldShape(states.shape[1], states.shape[1] * (states.shape[1] + 1), 8),
        controlled=True,
        iterations=15,
        ridge=3e-3,
        seed=0,
    )
    return correction.gain, correction.left


def test_corrections_are_kept_where_they_help_and_dropped_where_they_do_not() -> None:
    times, circle = turning(40, 1.3)
    gain, left = corrected_gain(circle, times)
    assert gain > 0.5
    assert left < 0.7
    walk = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).cumsum(dim=0)
    assert corrected_gain(walk, times) == (0.0, 1.0)
