"""The motion generator on a device that is not the CPU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import dynode_motion.inverter
from dynode_cli import Context, Dynamics
from dynode_cli.synthetic.memory_clip import MemoryClip
from dynode_cli.testing.pretended_cuda import pretended_cuda
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_motion.generator import MotionGenerator
from dynode_motion.inverter import FlowInverter
from dynode_motion.ops import TorchOps
from dynode_motion.options import FlowOptions, MotionOptions

TIMES = torch.arange(5, dtype=torch.float64) / 25
MOMENTS = torch.tensor([-0.01, 0.0, 0.013, 0.06, 0.09, 0.11, 0.16, 0.17], dtype=torch.float64)


def frames() -> Tensor:
    """(5, 3, 72, 96): a texture that is shifted faster and faster, and something that passes before it."""
    coarse = torch.rand(1, 3, 12, 24, generator=torch.Generator().manual_seed(0))
    wide = torch.nn.functional.interpolate(coarse, (72, 192), mode="bicubic")[0].clamp(0, 1)
    shown = torch.stack([wide[:, :, k * k + 2 * k :][:, :, :96] for k in range(5)])
    for k in range(5):
        shown[k, :, 20:40, 10 + 12 * k : 30 + 12 * k] = 0.9
    return shown


def rendered(clip: MemoryClip, device: str) -> Tensor:
    context = Context(device=device)
    inversion = FlowInverter(FlowOptions(), context).invert(clip, MotionGenerator(MotionOptions(), context))
    dynamics: Dynamics = SplineDynamics(SplineDynamics.Options(), context)
    codes = dynamics.fit(inversion.times, inversion.codes).evaluate(MOMENTS)
    assert codes.device.type == inversion.codes.device.type == torch.device(device).type
    made = inversion.generator.synthesize(codes, MOMENTS)
    assert made.device.type == torch.device(device).type
    return made.cpu()


def test_it_stays_on_its_device_and_makes_the_same_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_cuda():
        found = rendered(MemoryClip(frames().to("cuda"), TIMES), "cuda")
    monkeypatch.setattr(dynode_motion.inverter, "ops_for", TorchOps)
    expected = rendered(MemoryClip(frames(), TIMES), "cpu")
    # Splatted values are added up as integers there, so that their order does not matter.
    assert torch.allclose(found, expected, atol=5e-3)
    assert float((found - expected).abs().mean()) < 1e-5
    monkeypatch.undo()
    # OpenCV rounds positions to 1/32 of a pixel.
    usual = rendered(MemoryClip(frames(), TIMES), "cpu")
    assert float((usual - expected).abs().mean()) < 0.002
