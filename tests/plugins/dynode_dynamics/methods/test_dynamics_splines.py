"""Linear and Catmull-Rom: their formulas, their knots, their ends."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings, strategies as st

from dynode_cli import Context, Dynamics, InputError, Trajectory, UsageError
from dynode_dynamics.curves.curve import ExtrapolationWarning
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.spline import SplineDynamics

KINDS = [LinearDynamics, SplineDynamics]


def fit(kind: type[Dynamics], times: torch.Tensor, codes: torch.Tensor, **options: float) -> Trajectory:
    return kind(kind.Options(**options), Context()).fit(times, codes)


def uneven(count: int, seed: int = 0, least: float = 0.1) -> torch.Tensor:
    """Times with gaps between `least` and one more."""
    generator = torch.Generator().manual_seed(seed)
    return torch.cumsum(torch.rand(count, generator=generator, dtype=torch.float64) + least, 0)


def second_difference(times: torch.Tensor, codes: torch.Tensor, j: int) -> torch.Tensor:
    before, after = times[j] - times[j - 1], times[j + 1] - times[j]
    return 2 * ((codes[j + 1] - codes[j]) / after - (codes[j] - codes[j - 1]) / before) / (before + after)


@pytest.mark.parametrize("kind", KINDS)
@given(count=st.integers(1, 150), seed=st.integers(0, 99), wide=st.booleans())
@settings(max_examples=20, deadline=None)
def test_knots_give_the_observed_codes_bit_for_bit(kind: type[Dynamics], count: int, seed: int, wide: bool) -> None:
    times = uneven(count, seed)
    codes = torch.randn(count, 3, 2, dtype=torch.float64 if wide else torch.float32)
    order = torch.randperm(count)
    got = fit(kind, times, codes).evaluate(times[order])
    assert got.dtype == codes.dtype
    assert torch.equal(got, codes[order])


def test_linear_lies_on_the_chord_and_goes_on_beyond_it() -> None:
    times = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    codes = torch.tensor([0.0, 2.0, 10.0])
    curve = fit(LinearDynamics, times, codes)
    t = torch.tensor([2.0, 0.25, 4.0, -1.0], dtype=torch.float64)
    assert torch.allclose(curve.evaluate(t), torch.tensor([6.0, 0.5, 14.0, -2.0]))
    assert torch.allclose(curve.velocity(t), torch.tensor([4.0, 2.0, 4.0, 2.0]))


def test_spline_leaves_its_chord_as_the_accelerations_say() -> None:
    times, codes = uneven(7, least=0.2), torch.randn(7, 5, dtype=torch.float64)
    curve = fit(SplineDynamics, times, codes)
    for j in range(6):
        h = times[j + 1] - times[j]
        left = second_difference(times, codes, max(j, 1))
        right = second_difference(times, codes, min(j + 1, 5))
        s = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)[:, None]
        chord = (1 - s) * codes[j] + s * codes[j + 1]
        expected = chord - 0.5 * s * (1 - s) * h**2 * ((1 - s) * left + s * right)
        assert torch.allclose(curve.evaluate((times[j] + s * h)[:, 0]), expected, atol=1e-12)


@given(ratio=st.floats(6.0, 1e4), speed=st.floats(-50.0, 50.0), later=st.booleans())
def test_spline_does_not_swing_in_a_long_gap(ratio: float, speed: float, later: bool) -> None:
    """What moves `speed` a step and stops for `ratio` steps hardly leaves its place: it did by `ratio` / 7 steps."""
    steps = torch.tensor([1.0, 1.0, ratio, 1.0, 1.0], dtype=torch.float64)
    moved = torch.tensor([speed, speed, 0.0, speed, speed], dtype=torch.float64)
    times, codes = (torch.cat((torch.zeros(1, dtype=torch.float64), each.cumsum(0))) for each in (steps, moved))
    if not later:
        # A stop right at the start: the long gap has a neighbour on one side only.
        times, codes = times[2:], codes[2:]
    gap = int(times.diff().argmax())
    t = times[gap] + torch.linspace(0, 1, 101, dtype=torch.float64) * ratio
    away = fit(SplineDynamics, times, codes).evaluate(t) - codes[gap]
    assert float(away.abs().max()) <= 1.3 * abs(speed) + 1e-9


def test_spline_reproduces_a_parabola_and_converges_with_third_order() -> None:
    times = uneven(9, least=0.2)
    t = torch.linspace(float(times[0]), float(times[-1]), 50, dtype=torch.float64)
    assert torch.allclose(fit(SplineDynamics, times, 3 * times**2 - times).evaluate(t), 3 * t**2 - t)
    errors = []
    for count in (33, 65):
        knots = torch.linspace(0, 6, count, dtype=torch.float64)
        t = torch.linspace(0, 6, 999, dtype=torch.float64)
        errors.append(float((fit(SplineDynamics, knots, knots.sin()).evaluate(t) - t.sin()).abs().max()))
    assert 7.0 < errors[0] / errors[1] < 9.0


def test_spline_velocity_is_the_derivative_and_continuous_past_the_ends() -> None:
    times, codes = uneven(6), torch.randn(6, 4, dtype=torch.float64)
    curve = fit(SplineDynamics, times, codes)
    t = torch.cat((times - 1e-4, times + 1e-4, times.mean()[None]))
    step = 1e-6
    numeric = (curve.evaluate(t + step) - curve.evaluate(t - step)) / (2 * step)
    assert torch.allclose(curve.velocity(t), numeric, atol=1e-6)
    assert torch.allclose(curve.velocity(times - 1e-9), curve.velocity(times + 1e-9), atol=1e-6)


@pytest.mark.parametrize(("kind", "support"), [(LinearDynamics, 1), (SplineDynamics, 2)])
def test_support_is_what_it_says(kind: type[Dynamics], support: int) -> None:
    assert kind.support == support
    times, codes = uneven(12), torch.randn(12, 3)
    t = (times[5] + times[6])[None] / 2
    window = slice(6 - support, 6 + support)
    near = fit(kind, times[window], codes[window]).evaluate(t)
    assert torch.allclose(near, fit(kind, times, codes).evaluate(t), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_long_clips_in_any_order_give_what_single_queries_give(kind: type[Dynamics]) -> None:
    times, codes = uneven(700), torch.randn(700, 3)
    curve = fit(kind, times, codes)
    t = times[0] + torch.rand(900, dtype=torch.float64) * (times[-1] - times[0])
    alone = torch.cat([curve.evaluate(query[None]) for query in t])
    assert torch.allclose(curve.evaluate(t), alone, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_loop_comes_back(kind: type[Dynamics]) -> None:
    times, codes = uneven(5), torch.randn(5, 2, dtype=torch.float64)
    period = float(times[-1] - times[0]) + 0.4
    curve = fit(kind, times, codes, period=period)
    t = torch.linspace(-3, 9, 41, dtype=torch.float64)
    assert torch.allclose(curve.evaluate(t), curve.evaluate(t + period), atol=1e-9)
    seam = times[:1] + period
    assert torch.allclose(curve.evaluate(seam - 1e-9), curve.evaluate(seam + 1e-9), atol=1e-6)
    if kind is SplineDynamics:
        assert torch.allclose(curve.velocity(seam - 1e-9), curve.velocity(seam + 1e-9), atol=1e-6)
    with pytest.raises(UsageError, match="not longer"):
        fit(kind, times, codes, period=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_edit_moves_the_whole_curve(kind: type[Dynamics]) -> None:
    times, codes, delta = uneven(5), torch.randn(5, 2, 3), torch.randn(2, 3)
    curve = fit(kind, times, codes)
    moved = curve.edited(delta).edited(delta)
    t = uneven(9) / 2 + times[0]
    assert torch.allclose(moved.evaluate(t) - curve.evaluate(t), (2 * delta).expand(9, 2, 3), atol=1e-5)
    with pytest.raises(UsageError, match="shape"):
        curve.edited(torch.zeros(6))


@pytest.mark.parametrize("kind", KINDS)
def test_one_observation_is_constant_and_said_so(kind: type[Dynamics]) -> None:
    curve = fit(kind, torch.tensor([2.0], dtype=torch.float64), torch.tensor([[1.0, 2.0]]))
    t = torch.tensor([0.0, 2.0, 9.0], dtype=torch.float64)
    assert torch.equal(curve.evaluate(t), torch.tensor([[1.0, 2.0]]).repeat(3, 1))
    assert torch.equal(curve.velocity(t), torch.zeros(3, 2))
    assert "one observation" in curve.report().warnings[0]


def test_far_extrapolation_warns_and_near_does_not() -> None:
    curve = fit(SplineDynamics, torch.arange(4, dtype=torch.float64), torch.randn(4, 2))
    curve.evaluate(torch.tensor([3.9], dtype=torch.float64))
    with pytest.warns(ExtrapolationWarning, match="2 s beyond"):
        curve.evaluate(torch.tensor([5.0], dtype=torch.float64))


@pytest.mark.parametrize(
    ("times", "codes", "words"),
    [
        ([0.0, 0.0], [1.0, 2.0], "must increase"),
        ([0.0, float("nan")], [1.0, 2.0], "finite"),
        ([0.0, 1.0], [1.0, float("inf")], "code 1 is not finite"),
        ([], [], "no observation"),
        ([0.0], [1.0, 2.0], "do not fit"),
    ],
)
def test_bad_observations_are_named(times: list[float], codes: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit(SplineDynamics, torch.tensor(times, dtype=torch.float64), torch.tensor(codes))
