"""A direction in latent space: a vector, and whether a generator's codes can go along it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from dynode_cli.contracts import Direction, Generator
from dynode_cli.errors import UsageError


@dataclass(frozen=True)
class LatentDirection(Direction):
    """A vector that is added to codes."""

    name: str
    space: str
    """``z``, ``w``, or ``w+`` for one vector a layer."""
    vector: Tensor
    """(D,), or (L, D) in space w+, float32."""
    layers: tuple[int, int] | None = None
    """First and last layer that it changes, of codes with one vector a layer; None: all."""
    provenance: dict[str, str] = field(default_factory=dict)

    def apply(self, code: Tensor, strength: float) -> Tensor:
        """`code` (*code_shape) plus `strength` times the vector."""
        return code + strength * self.step(code)

    def step(self, code: Tensor) -> Tensor:
        """(*code_shape): what strength 1 adds to `code`."""
        step = self.vector.to(code).expand(code.shape)
        if self.layers is None:
            return step
        chosen = torch.zeros_like(code)
        first, last = self.layers
        chosen[first : last + 1] = step[first : last + 1]
        return chosen

    def on_layers(self, first: int, last: int) -> LatentDirection:
        """The same direction on some layers only."""
        return replace(self, name=f"{self.name}@{first}-{last}", layers=(first, last))


def require_fit(direction: Direction, generator: Generator, name: str) -> None:
    """Refuse a direction that means nothing for the codes of `generator`, whose name is `name`.

    Raises:
        UsageError: saying why.
    """
    what = f"direction '{direction.name}' is for codes in space {direction.space}"
    space = generator.space
    if not space:
        raise UsageError(
            f"{what}, but generator '{name}' has no latent space: it moves the pixels of the clip itself",
            hint="name the generator that the direction was made for, such as -g stylegan2 --weights FILE; "
            "`dynode directions list` has directions that need none",
        )
    if not isinstance(direction, LatentDirection):
        if direction.space not in (space, "any"):
            raise UsageError(f"{what}, but those of generator '{name}' are in space {space}")
        return
    if (space == "z") != (direction.space == "z"):
        raise UsageError(
            f"{what}, but those of generator '{name}' are in space {space}: the mapping between the two is not "
            "linear, so that a direction of one means nothing in the other",
            hint=f"choose the space with -G space={direction.space}, if the generator has it",
        )
    shape = tuple(generator.code_shape)
    layered = len(shape) == 2
    if direction.vector.ndim == 2 and not layered:
        raise UsageError(
            f"{what}, with a vector for each of {len(direction.vector)} layers, but a code of generator '{name}' is "
            "the same vector for all layers",
            hint="use -G space=w+",
        )
    if tuple(direction.vector.shape) not in (shape, shape[-1:]):
        raise UsageError(
            f"{what} of shape {tuple(direction.vector.shape)}, but those of generator '{name}' have shape {shape}: "
            "it was made for a network of another size"
        )
    if direction.layers is not None and not layered:
        raise UsageError(
            f"{what} and chooses layers, but a code of generator '{name}' is the same for all layers",
            hint="use -G space=w+, or leave out @FIRST-LAST",
        )
    if direction.layers is not None and direction.layers[1] >= shape[0]:
        raise UsageError(
            f"direction '{direction.name}': layer {direction.layers[1]} does not exist; generator '{name}' has "
            f"layers 0 to {shape[0] - 1}"
        )
