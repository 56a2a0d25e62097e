"""Kriging curves: knots, kernels with known answers, leave-one-out in closed form, long clips in blocks."""

from __future__ import annotations

import math

import pytest
import torch
import torchcde

from dynode_cli import Context, ConvergenceError, Dynamics, UsageError
from dynode_dynamics.curves.bases import LinearBasis
from dynode_dynamics.curves.cardinal import apply
from dynode_dynamics.curves.kernel_choice import choose_kernel
from dynode_dynamics.curves.kernels import Kernel, matern, natural_cubic, power
from dynode_dynamics.curves.kriging import AveragedKriging, KrigingBasis, leave_one_out
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics

KINDS = [
    NaturalCubicDynamics,
    PowerKernelDynamics,
    GaussianProcessDynamics,
    LeadingProcessDynamics,
    SlerpDynamics,
]
KERNELS = [power(1.5), natural_cubic(), matern(0.5, 2.0), matern(1.5, 3.0), matern(2.5, 2.0)]


def uneven(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.cumsum(torch.rand(count, generator=generator, dtype=torch.float64) + 0.2, 0)


def smooth(times: torch.Tensor, size: int = 4) -> torch.Tensor:
    return torch.sin(times[:, None] * torch.linspace(0.3, 1.0, size, dtype=torch.float64))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [2, 3, 9, 100])
def test_curves_pass_through_the_codes(kind: type[Dynamics], count: int) -> None:
    times, codes = uneven(count), torch.randn(count, 2, 3)
    curve = kind(kind.Options(), Context()).fit(times, codes)
    assert torch.equal(curve.evaluate(times), codes)
    report = curve.report()
    assert report.end_miss < 1e-5
    assert bool(torch.isfinite(curve.evaluate(torch.linspace(float(times[0]), float(times[-1]), 50))).all())


@pytest.mark.parametrize("kind", KINDS)
def test_velocity_is_the_derivative(kind: type[Dynamics]) -> None:
    times = uneven(8)
    curve = kind(kind.Options(), Context()).fit(times, smooth(times) + 2.0)
    t = times[:-1] + 0.3 * times.diff()
    numeric = (curve.evaluate(t + 1e-5) - curve.evaluate(t - 1e-5)) / 2e-5
    assert torch.allclose(curve.velocity(t), numeric, atol=1e-5)


def test_cubic_kernel_is_the_natural_spline() -> None:
    times, codes = uneven(10), torch.randn(10, 3, dtype=torch.float64)
    t = torch.linspace(float(times[0]), float(times[-1]), 60, dtype=torch.float64)
    natural = torchcde.CubicSpline(torchcde.natural_cubic_coeffs(codes, times), times)
    expected = torch.stack([natural.evaluate(x) for x in t])
    got = apply(KrigingBasis(times, natural_cubic()).weights(t), codes)
    assert torch.allclose(got, expected, atol=1e-9)


def test_linear_kernel_is_the_broken_line() -> None:
    times, t = uneven(10), torch.linspace(1.2, 7.0, 30, dtype=torch.float64)
    codes = torch.randn(10, 3, dtype=torch.float64)
    got = apply(KrigingBasis(times, power(1.0)).weights(t), codes)
    assert torch.allclose(got, apply(LinearBasis(times).weights(t), codes), atol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_weights_sum_to_one_and_their_slopes_to_nothing(kernel: Kernel) -> None:
    basis = KrigingBasis(uneven(12), kernel)
    t = torch.linspace(-1.0, 12.0, 40, dtype=torch.float64)
    assert torch.allclose(basis.weights(t).values.sum(dim=1), torch.ones(40, dtype=torch.float64))
    assert torch.allclose(basis.weights(t, 1).values.sum(dim=1), torch.zeros(40, dtype=torch.float64), atol=1e-8)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_leave_one_out_in_closed_form_is_what_leaving_out_gives(kernel: Kernel) -> None:
    times = torch.arange(9, dtype=torch.float64)
    codes = torch.randn(9, 2, dtype=torch.float64)
    residuals = leave_one_out(times, codes, kernel)
    for j in range(1, 8):
        kept = torch.arange(9) != j
        # The basis counts in its own mean spacing, which leaving out makes longer.
        basis = KrigingBasis(times[kept], _stretched(kernel, 8 / 7))
        predicted = apply(basis.weights(times[j : j + 1]), codes[kept])[0]
        assert torch.allclose(codes[j] - predicted, residuals[j], atol=1e-8)


def _stretched(kernel: Kernel, factor: float) -> Kernel:
    return Kernel(kernel.name, lambda h: kernel.covariance(h * factor), kernel.slope, kernel.drift)


@pytest.mark.parametrize("kernel", [k for k in KERNELS if "12" not in k.name], ids=lambda kernel: kernel.name)
def test_blocks_of_a_long_clip_agree_with_one_system(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    times = torch.arange(150, dtype=torch.float64)
    codes, t = smooth(times), torch.linspace(0.0, 149.0, 400, dtype=torch.float64)
    blocks = apply(KrigingBasis(times, kernel).weights(t), codes)
    monkeypatch.setattr("dynode_dynamics.curves.kriging.MARGIN", 200)
    whole = apply(KrigingBasis(times, kernel).weights(t), codes)
    assert torch.allclose(blocks, whole, atol=2e-3)


@pytest.mark.parametrize("criterion", ["likelihood", "leave-one-out"])
def test_long_waves_get_a_longer_kernel_than_short_ones(criterion: str) -> None:
    times = torch.arange(60, dtype=torch.float64)
    lengths = [
        float(choose_kernel(times, smooth(times * rate), "matern52", None, criterion).name.split("(")[1][:-1])
        for rate in (0.3, 3.0)
    ]
    assert lengths[0] > 2 * lengths[1]


def test_an_average_is_the_line_for_a_random_walk_and_smooth_for_a_smooth_path() -> None:
    times = torch.arange(60, dtype=torch.float64)
    rough = torch.randn(60, 5, generator=torch.Generator().manual_seed(0)).cumsum(dim=0).double()
    t = torch.linspace(0.0, 59.0, 237, dtype=torch.float64)
    gp = GaussianProcessDynamics(GaussianProcessDynamics.Options(), Context())
    line = LinearDynamics(LinearDynamics.Options(), Context())
    assert torch.allclose(gp.fit(times, rough).evaluate(t), line.fit(times, rough).evaluate(t), atol=1e-6)
    truth = smooth(t)
    miss = (gp.fit(times, smooth(times)).evaluate(t) - truth).norm()
    assert miss < 0.1 * (line.fit(times, smooth(times)).evaluate(t) - truth).norm()


def test_an_average_lies_between_its_parts_as_their_probabilities_say() -> None:
    times = torch.arange(8, dtype=torch.float64)
    t = torch.linspace(0.0, 7.0, 40, dtype=torch.float64)
    one, other = matern(1.5, 2.0), power(1.0)
    mean = AveragedKriging(times, [one, other], torch.tensor([3.0, 3.0 + math.log(3.0)], dtype=torch.float64))
    parts = [KrigingBasis(times, kernel).weights(t).values for kernel in (one, other)]
    assert torch.allclose(mean.weights(t).values, 0.25 * parts[0] + 0.75 * parts[1])


def test_an_average_has_no_corner_at_the_seam_of_a_loop() -> None:
    times = torch.arange(12, dtype=torch.float64)
    rough = torch.randn(12, 5, generator=torch.Generator().manual_seed(0)).cumsum(dim=0).double()
    curve = GaussianProcessDynamics(GaussianProcessDynamics.Options(period=12.0), Context()).fit(times, rough)
    before, after = curve.velocity(torch.tensor([12 - 1e-9, 12 + 1e-9], dtype=torch.float64))
    assert float((after - before).norm()) < 1e-3 * float(before.norm())


@pytest.mark.parametrize("gap", [60.0, 600.0])
@pytest.mark.parametrize("kind", [GaussianProcessDynamics, LeadingProcessDynamics, AutoDynamics])
def test_a_long_gap_is_no_trouble(kind: type[Dynamics], gap: float) -> None:
    burst = torch.arange(20, dtype=torch.float64) / 25
    times = torch.cat((burst, burst + gap))
    for codes in (smooth(10 * times), torch.randn(40, 4, generator=torch.Generator().manual_seed(0)).cumsum(dim=0)):
        curve = kind(kind.Options(), Context()).fit(times, codes.double())
        assert curve.report().end_miss < 2e-6
        between = curve.evaluate(burst[:-1] + 0.02)
        assert float((between - codes[:19]).norm(dim=1).max()) < 5 * float(codes.diff(dim=0)[:19].norm(dim=1).max())


def test_equations_that_cannot_be_solved_are_named() -> None:
    burst = torch.arange(20, dtype=torch.float64) / 25
    times = torch.cat((burst, burst + 6000))
    with pytest.raises(ConvergenceError, match="kriging cannot be solved"):
        NaturalCubicDynamics(NaturalCubicDynamics.Options(), Context()).fit(times, smooth(times))


def test_leave_one_out_does_not_weigh_an_average() -> None:
    times = torch.arange(5, dtype=torch.float64)
    gp = GaussianProcessDynamics(GaussianProcessDynamics.Options(criterion="leave-one-out"), Context())
    with pytest.raises(UsageError, match="likelihood"):
        gp.fit(times, smooth(times))


def test_slerp_keeps_the_length_and_turns_evenly() -> None:
    times = torch.tensor([0.0, 2.0], dtype=torch.float64)
    codes = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    curve = SlerpDynamics(SlerpDynamics.Options(), Context()).fit(times, codes)
    t = torch.linspace(0.0, 2.0, 5, dtype=torch.float64)
    angle = t * torch.pi / 4
    assert torch.allclose(curve.evaluate(t), torch.stack((angle.cos(), angle.sin()), dim=1))
    opposite = torch.stack((codes[0], -codes[0]))
    straight = SlerpDynamics(SlerpDynamics.Options(), Context()).fit(times, opposite)
    assert torch.allclose(straight.evaluate(t[2:3]), torch.zeros(1, 2, dtype=torch.float64))


@pytest.mark.parametrize("kind", [NaturalCubicDynamics, GaussianProcessDynamics])
def test_smooth_loops_have_no_seam(kind: type[Dynamics]) -> None:
    times = torch.arange(6, dtype=torch.float64)
    codes = torch.stack((times.cos(), times.sin()), dim=1)
    curve = kind(kind.Options(period=2 * torch.pi), Context()).fit(times, codes)
    seam = torch.tensor([2 * torch.pi], dtype=torch.float64)
    assert torch.allclose(curve.evaluate(seam - 1e-7), curve.evaluate(seam + 1e-7), atol=1e-5)
    assert torch.allclose(curve.velocity(seam - 1e-7), curve.velocity(seam + 1e-7), atol=2e-3)
