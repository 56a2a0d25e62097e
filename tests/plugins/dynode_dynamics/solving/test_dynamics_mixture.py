"""Mixtures: one sum over the codes and all parts' rows is the mean of the parts, before an edit and after it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, strategies as st

from dynode_cli import Context, FitReport, silent
from dynode_dynamics.curves.cardinal import Weights, apply, average
from dynode_dynamics.curves.curve import SummedCurve
from dynode_dynamics.curves.observations import Observations, observe
from dynode_dynamics.methods.gp import GaussianProcessDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.solving.mixture import MixtureCurve

SHARES = (0.4, 0.25, 0.2, 0.15)


def waves(count: int, size: int, noise: float = 0.2) -> Observations:
    generator = torch.Generator().manual_seed(1)
    times = torch.arange(count, dtype=torch.float64) / 10
    rates = 1.0 + 6.0 * torch.rand(size, generator=generator, dtype=torch.float64)
    codes = torch.sin(times[:, None] * rates) + noise * torch.randn(count, size, generator=generator)
    return observe(times, codes)


def parts(observations: Observations, **options: object) -> list[SummedCurve]:
    field = OdeDynamics.Options(mode="gradient-matching", base="none", iterations=20, **options)
    kinds = [
        LinearDynamics(LinearDynamics.Options(), Context()),
        GaussianProcessDynamics(GaussianProcessDynamics.Options(), Context()),
        LeadingProcessDynamics(LeadingProcessDynamics.Options(), Context()),
        OdeDynamics(field, Context()),
    ]
    curves = [kind.curve(observations, observations, FitReport(kind.method), silent) for kind in kinds]
    return [curve for curve in curves if isinstance(curve, SummedCurve)]


def mixed(observations: Observations, curves: list[SummedCurve]) -> MixtureCurve:
    return MixtureCurve(curves, SHARES, observations, FitReport("mixture"), None)


@pytest.mark.parametrize(
    ("count", "size", "options"),
    [
        (12, 40, {}),
        (12, 3, {"components": 3, "variance": 1.0}),
        (90, 40, {"components": 2}),
    ],
    ids=["few codes", "components that hold everything", "more codes than one product takes"],
)
def test_a_mixture_is_the_mean_of_its_parts(count: int, size: int, options: dict[str, object]) -> None:
    observations = waves(count, size)
    curves = parts(observations, **options)
    assert len(curves) == len(SHARES)
    mixture = mixed(observations, curves)
    t = torch.linspace(*observations.interval, 237, dtype=torch.float64)[1:-1]
    for read in ("evaluate", "velocity"):
        mean = sum(share * getattr(curve, read)(t) for share, curve in zip(SHARES, curves, strict=True))
        assert torch.allclose(getattr(mixture, read)(t), torch.as_tensor(mean), atol=1e-8), read
    seconds = observations.clock.back(observations.times)
    assert torch.allclose(mixture.evaluate(seconds), observations.codes)


def test_an_edit_is_the_mean_of_the_edits_of_the_parts() -> None:
    observations = waves(12, 6)
    curves = parts(observations)
    delta = torch.linspace(-1.0, 1.0, 6, dtype=torch.float64)
    t = torch.linspace(*observations.interval, 50, dtype=torch.float64)
    moved = mixed(observations, curves).edited(delta)
    each = [curve.edited(delta) for curve in curves]
    mean = sum(share * curve.evaluate(t) for share, curve in zip(SHARES, each, strict=True))
    assert torch.allclose(moved.evaluate(t), torch.as_tensor(mean), atol=1e-8)
    drift = [float(curve.report().details.get("edit_drift", 0.0)) for curve in each]
    assert drift[3] > 0.0
    assert moved.report().details["edit_drift"] == pytest.approx(SHARES[3] * drift[3])
    assert moved.report().warnings == ()
    again = moved.edited(-delta)
    assert float((again.evaluate(t) - mixed(observations, curves).evaluate(t)).norm(dim=1).max()) < 0.2


def test_how_far_an_edit_of_a_mixture_drifts_is_in_its_report() -> None:
    observations = waves(12, 6)
    field = OdeDynamics.Options(mode="multiple-shooting", base="none", damping=1.0)
    curve = OdeDynamics(field, Context()).curve(observations, observations, FitReport("ode"), silent)
    assert isinstance(curve, SummedCurve)
    mixture = MixtureCurve([curve], [1.0], observations, FitReport("mixture"), None)
    moved = mixture.edited(curve.rows[-1])
    assert moved.report().details["edit_drift"] > 0.25


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_averaged_weights_give_the_averaged_curve(seed: int, count: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    data = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    made = []
    for _ in range(count):
        width = int(torch.randint(1, 12, (1,), generator=generator))
        first = torch.randint(0, 20 - width, (15,), generator=generator).sort().values
        made.append(Weights(first, torch.randn(15, width, generator=generator, dtype=torch.float64)))
    shares = torch.rand(count, generator=generator).tolist()
    whole = apply(average(shares, made, len(data)), data)
    mean = sum(share * apply(part, data) for share, part in zip(shares, made, strict=True))
    assert torch.allclose(whole, torch.as_tensor(mean), atol=1e-12)
