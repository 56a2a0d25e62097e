"""GAN generators: what those of this plugin have in common, and what its inverters use of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import copy, deepcopy
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from dynode_cli import Context, Generator, InputError, UsageError, WeightsError, device_of, save_tensors

DELTA_FORMAT = "dynode-generator-delta/1"
_SAMPLED = 2048


class GanGenerator(Generator):
    """A generator of fixed size whose codes are latent codes of a GAN."""

    default_inverter = "optimize"
    default_framing = "ffhq"
    name: str
    """What users call it."""
    space: str
    """Space of its codes: ``z``, ``w`` or ``w+``."""
    network: nn.Module

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.device = device_of(context)
        self._delta: Mapping[str, Tensor] = {}

    @abstractmethod
    def draw(self, codes: Tensor) -> Tensor:
        """Pictures (N, 3, H, W), float32, about [-1, 1], of `codes` (N, *code_shape); gradients flow."""

    @abstractmethod
    def mean_code(self) -> Tensor:
        """(*code_shape): the middle of the space, from which a search starts."""

    @abstractmethod
    def random_codes(self, count: int, seed: int) -> Tensor:
        """(count, *code_shape): codes of random pictures; the same for the same seed."""

    @abstractmethod
    def tunable(self) -> list[nn.Parameter]:
        """The parameters that pivotal tuning may change."""

    def spread(self) -> float:
        """Root mean square distance of an element of a random code from that of the mean code."""
        return float((self.random_codes(_SAMPLED, 0) - self.mean_code()).square().mean().sqrt())

    @abstractmethod
    def bytes_per_frame(self) -> int:
        """Working memory that drawing one frame takes."""

    @property
    def batch(self) -> int:
        """How many frames are drawn at once."""
        fits = max(1, self.context.memory // self.bytes_per_frame())
        if self.device.type == "cpu" and min(self.frame_size) >= 128:
            # Convolutions of this size fill the processor with one frame, and one fits its caches better.
            return 1
        return min(fits, 64)

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        """Render `codes` (T, *code_shape) as (T, 3, H, W) float32 in [0, 1]; `times` do not matter.

        Raises:
            InputError: codes of another shape.
        """
        if tuple(codes.shape[1:]) != self.code_shape:
            raise InputError(
                f"codes are {tuple(codes.shape[1:])}, but {self.name} in space {self.space} takes {self.code_shape}",
                hint="-G space=z, w or w+ says in which space the codes are",
            )
        frames = torch.empty(len(codes), 3, *self.frame_size, device=self.device)
        with torch.no_grad():
            for start in range(0, len(codes), self.batch):
                part = codes[start : start + self.batch].to(self.device, torch.float32)
                frames[start : start + self.batch] = self.draw(part).mul(0.5).add(0.5).clamp_(0.0, 1.0)
        return frames

    def tunable_copy(self) -> Self:
        """This generator with a network of its own, whose weights may be changed."""
        other = copy(self)
        other.network = deepcopy(self.network)
        return other

    def bound_state(self) -> Mapping[str, Tensor]:
        """What tuning added to the weights of the checkpoint; empty for an untuned generator."""
        return self._delta

    def bound(self, state: Mapping[str, Tensor]) -> Self:
        """This generator, untuned or not, with `state` added to the weights of its checkpoint.

        Raises:
            InputError: a tensor that this network does not have, or of another shape.
        """
        other = self.tunable_copy()
        weights = other.network.state_dict()
        for name, change in self._delta.items():
            weights[name] -= change.to(self.device)
        for name, change in state.items():
            if change.is_complex() or not bool(torch.isfinite(change.float()).all()):
                raise InputError(f"the tuning of {name} has values that are no finite numbers")
            if name not in weights or weights[name].shape != change.shape:
                found = tuple(weights[name].shape) if name in weights else "no such tensor"
                raise InputError(
                    f"the tuning changes {name} {tuple(change.shape)}, but {self.name} has {found}",
                    hint="use it with the checkpoint that was tuned",
                )
            weights[name] += change.to(weights[name])
        other._delta = dict(state)
        return other

    def delta_from(self, original: GanGenerator) -> dict[str, Tensor]:
        """What tuning added to the weights of `original`: float32 tensors on the CPU, by name."""
        before = original.network.state_dict()
        return {
            name: (value - before[name]).float().cpu().contiguous()
            for name, value in self.network.state_dict().items()
            if not torch.equal(value, before[name])
        }


def save_delta(path: str | Path, delta: Mapping[str, Tensor]) -> None:
    """Write `delta` as safetensors; a file there is replaced only once the new one is complete."""
    save_tensors(path, delta, {"format": DELTA_FORMAT})


def load_delta(path: str | Path) -> dict[str, Tensor]:
    """Read what :func:`save_delta` wrote.

    Raises:
        InputError: no such file.
        WeightsError: no safetensors file.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}") from error


def required_weights(context: Context, name: str) -> Path:
    """The checkpoint that the user named.

    Raises:
        WeightsError: none was named.
    """
    if context.weights is None:
        raise WeightsError(f"generator '{name}' needs a checkpoint", hint="name it with --weights FILE")
    return context.weights


def one_hot(index: int | None, classes: int, path: Path) -> Tensor | None:
    """Class weights (1, classes) for a conditional generator, None for an unconditional one.

    Raises:
        UsageError: a class was given where there are none, or none or a wrong one where there are some.
    """
    if classes == 0:
        if index is not None:
            raise UsageError(f"{path} has no classes", hint="leave out -G class_index")
        return None
    if index is None or not 0 <= index < classes:
        raise UsageError(f"{path} has {classes} classes", hint=f"choose one: -G class_index=0 .. {classes - 1}")
    return nn.functional.one_hot(torch.tensor([index]), classes).float()
