"""Every dynamics with codes on a device that is not the CPU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_cli import Context, Dynamics, Trajectory
from dynode_cli.plugin_host.host import load_host
from dynode_cli.testing.pretended_cuda import pretended_cuda

TIMES = torch.tensor([0.0, 0.1, 0.2, 0.35, 0.45, 0.7], dtype=torch.float64)
MOMENTS = torch.tensor([0.0, 0.05, 0.3, 0.4, 0.64, 0.69], dtype=torch.float64)
SPARING: dict[str, dict[str, object]] = {
    "auto": {"fields": False},
    "ode": {"iterations": 4, "mode": "multiple-shooting", "base": "none"},
    "cde": {"iterations": 1, "components": 2, "hidden": 4, "substeps": 1},
    "sde": {"iterations": 1, "components": 2, "hidden": 4, "substeps": 1},
    "dynode-released": {"iterations": 2},
}


def codes() -> Tensor:
    """(6, 2, 6) float32."""
    noise = torch.randn(6, 2, 6, generator=torch.Generator().manual_seed(0))
    return noise.cumsum(dim=0) + torch.sin(12 * TIMES.float())[:, None, None] * 3


def read(trajectory: Trajectory, device: str) -> list[Tensor]:
    delta = 0.1 * torch.ones(2, 6, device=device)
    found = [
        trajectory.evaluate(MOMENTS),
        trajectory.velocity(MOMENTS),
        trajectory.edited(delta).evaluate(MOMENTS),
    ]
    assert [value.device.type for value in found] == [device] * 3
    trajectory.report()
    return [value.cpu() for value in found]


@pytest.mark.parametrize("name", [entry.name for entry in load_host().registrations("dynamics")])
def test_it_stays_on_the_device_of_the_codes(name: str) -> None:
    host = load_host()

    def made(device: str) -> Dynamics:
        dynamics: Dynamics = host.create("dynamics", name, SPARING.get(name, {}), Context(device=device))
        return dynamics

    expected = read(made("cpu").fit(TIMES, codes()), "cpu")
    with pretended_cuda():
        found = read(made("cuda").fit(TIMES, codes().to("cuda")), "cuda")
    for here, there in zip(expected, found, strict=True):
        assert torch.allclose(here, there, rtol=1e-3, atol=1e-3)
