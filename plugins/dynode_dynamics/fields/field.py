"""Neural vector fields: small perceptrons, one for each fold of a fit, evaluated together."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class FieldShape:
    """What goes into a field and what comes out."""

    inputs: int
    """Numbers in a state u."""
    outputs: int
    """Numbers in f(u, t)."""
    hidden: int = 16
    time: bool = False
    """True if f depends on time, through half a wave over `span`."""
    span: float = 1.0
    order: int = 1
    """1: f is the velocity of u. 2: the state is (u, du/dt) and f is the acceleration."""

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the parameters of one fold: three weights and three biases."""
        width = (self.inputs + 2 * self.time, self.hidden, self.hidden, self.outputs)
        return tuple(shape for low, high in itertools.pairwise(width) for shape in ((low, high), (1, high)))


class Field:
    """f(u, t): a perceptron inputs-hidden-hidden-outputs with SiLU, in B copies of its own weights.

    Calls take states (B, n, inputs) and times (B, n, 1), and give (B, n, outputs).
    """

    def __init__(self, shape: FieldShape, parameters: list[Tensor]) -> None:
        self.shape = shape
        self.parameters = parameters
        """Six tensors (B, ...)."""
        self.evaluations = 0

    def __call__(self, u: Tensor, t: Tensor) -> Tensor:
        """f at `u` and `t`."""
        self.evaluations += 1
        if self.shape.time:
            phase = t * (math.pi / self.shape.span)
            u = torch.cat((u, phase.cos(), phase.sin()), dim=-1)
        hidden = functional.silu(self.layer(0, u))
        hidden = functional.silu(self.layer(1, hidden))
        return self.layer(2, hidden)

    def layer(self, number: int, inputs: Tensor) -> Tensor:
        """inputs @ weight + bias of a layer, 0 .. 2."""
        weight, bias = self.parameters[2 * number : 2 * number + 2]
        return torch.baddbmm(bias, inputs, weight)

    def flow(self, state: Tensor, t: Tensor) -> Tensor:
        """d state / dt (B, n, S): f itself, or the velocity beside f for a field of second order."""
        out = self(state, t)
        return out if self.shape.order == 1 else torch.cat((state[..., self.shape.outputs :], out), dim=-1)

    def fold(self, number: int) -> Field:
        """The field of one fold, in float64."""
        return Field(self.shape, [p.detach()[number : number + 1].to(torch.float64) for p in self.parameters])

    def flat(self) -> Tensor:
        """All parameters (B, P)."""
        return torch.cat([p.detach().flatten(1) for p in self.parameters], dim=1)


def unflatten(shape: FieldShape, flat: Tensor) -> Field:
    """The field with parameters `flat` (B, P)."""
    parts = torch.split(flat, [rows * columns for rows, columns in shape.sizes], dim=1)
    return Field(shape, [part.reshape(-1, *size) for part, size in zip(parts, shape.sizes, strict=True)])


def new_field(shape: FieldShape, folds: int, seed: int, *, start: float = 0.01) -> Field:
    """A field whose last layer is `start` times its usual size: nearly at rest, or exactly for `start` 0.

    Its weights are float32: a fit needs no more, and takes half the time. All folds
    begin with the same weights, so that they differ by their data alone.
    """
    generator = torch.Generator().manual_seed(seed)
    parameters = []
    for number, (rows, columns) in enumerate(shape.sizes):
        layer = number // 2
        inputs = shape.sizes[2 * layer][0]
        # A wide first layer: its units then bend at different places of the code space from the beginning.
        bound = (2.0, 1.0, start)[layer] / math.sqrt(inputs)
        values = torch.rand(1, rows, columns, generator=generator, dtype=torch.float64) * 2.0 - 1.0
        parameters.append((values * bound).to(torch.float32).repeat(folds, 1, 1))
    return Field(shape, parameters)
