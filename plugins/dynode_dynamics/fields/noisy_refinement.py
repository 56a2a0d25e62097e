"""Gradient descent through an SDE solver: the drift's correction, refined on noisy paths to left-out codes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from dynode_cli import Progress, silent
from dynode_dynamics.fields.field import Field
from dynode_dynamics.fields.refinement import minimise
from dynode_dynamics.fields.residual import Correction, Ways

GRADIENTS = ("direct", "adjoint")


class CorrectionSde(nn.Module):
    """The deviation y from the curve along each way: dy = gap g(s + y) ds + sigma dW, with g to be learned."""

    noise_type = "diagonal"

    def __init__(self, field: Field, ways: Ways, diffusion: Tensor, calculus: str) -> None:
        super().__init__()
        self.sde_type = calculus
        self.weights = nn.ParameterList([nn.Parameter(p.detach().to(torch.float32)) for p in field.parameters])
        self._shape = field.shape
        self._path, self._gap = ways.path, ways.gap
        self._reach = ways.step * (ways.path.shape[1] - 1) / 2
        self._noise = diffusion.to(torch.float32) * self._reach.abs().sqrt()

    def field(self) -> Field:
        """The field with the present weights."""
        return Field(self._shape, list(self.weights))

    def f(self, s: Tensor, y: Tensor) -> Tensor:
        """Drift (n, R) at the share `s` (0 .. 1) of each way."""
        position = s.clamp(0.0, 1.0) * (self._path.shape[1] - 1)
        index = int(position.floor().clamp(max=self._path.shape[1] - 2))
        u = torch.lerp(self._path[:, index], self._path[:, index + 1], (position - index).to(y))
        return self._reach * self._gap * self.field()((u + y)[None], torch.zeros_like(y[None, :, :1]))[0]

    def g(self, s: Tensor, y: Tensor) -> Tensor:
        """Diffusion (n, R)."""
        return self._noise.expand_as(y)


def ends(sde: CorrectionSde, start: Tensor, points: int, method: str, gradient: str, seed: int) -> Tensor:
    """States (n, R) at the ends of the ways, differentiable by the weights.

    With `adjoint`, reversible Heun steps are undone on the way back, so that nothing is stored.
    """
    import torchsde

    noise = torchsde.BrownianInterval(
        t0=0.0,
        t1=1.0,
        size=tuple(start.shape),
        dtype=start.dtype,
        entropy=seed,
        dt=1.0 / points,
        levy_area_approximation="space-time" if method == "srk" else "none",
    )
    times = torch.tensor([0.0, 1.0])
    if gradient == "direct":
        out: Tensor = torchsde.sdeint(sde, start, times, bm=noise, method=method, dt=1.0 / points)
    else:
        adjoint = "adjoint_reversible_heun" if method == "reversible_heun" else None
        out = torchsde.sdeint_adjoint(
            sde, start, times, bm=noise, method=method, adjoint_method=adjoint, dt=1.0 / points
        )
    return out[-1]


def refine_drift(
    correction: Correction,
    ways: Ways,
    diffusion: Tensor,
    *,
    iterations: int,
    points: int,
    calculus: str,
    method: str,
    gradient: str,
    seed: int,
    progress: Progress = silent,
) -> Correction:
    """`correction` after `iterations` steps of AdamW on the misses of noisy paths; its gain stays as it was."""
    sde = CorrectionSde(correction.field, ways, diffusion, calculus)
    start = torch.zeros_like(ways.miss)
    number = 0

    def loss() -> Tensor:
        nonlocal number
        number += 1
        return (ends(sde, start, points, method, gradient, seed + number) - ways.miss).square().mean()

    minimise(list(sde.weights), loss, iterations=iterations, rate=1e-3, progress=progress)
    return replace(correction, field=sde.field().fold(0))
