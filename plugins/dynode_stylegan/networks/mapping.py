"""The network that maps z, and a class if there are any, to w (StyleGAN2 and StyleGAN3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dynode_stylegan.networks.modulation import FullyConnected, normalise


@dataclass(frozen=True)
class MappingConfig:
    """Sizes of a mapping network."""

    z_dim: int
    c_dim: int
    """Number of classes; 0: unconditional."""
    w_dim: int
    layers: int
    hidden: int
    """Width of the layers between z and w."""
    embedding: int
    """Width of the embedded class."""
    lr_multiplier: float


class Mapping(nn.Module):
    """z (N, z_dim) and, for conditional networks, class weights (N, c_dim) to w (N, w_dim).

    Buffer ``w_avg`` (w_dim,) is the mean of w, towards which truncation moves.
    """

    w_avg: Tensor

    def __init__(self, config: MappingConfig) -> None:
        super().__init__()
        self.config = config
        if config.c_dim:
            self.embed = FullyConnected(config.c_dim, config.embedding)
        sizes = [config.z_dim + (config.embedding if config.c_dim else 0)]
        sizes += [config.hidden] * (config.layers - 1) + [config.w_dim]
        for index in range(config.layers):
            layer = FullyConnected(
                sizes[index], sizes[index + 1], activation="lrelu", lr_multiplier=config.lr_multiplier
            )
            setattr(self, f"fc{index}", layer)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Tensor, classes: Tensor | None = None) -> Tensor:
        x = normalise(z)
        if classes is not None:
            x = torch.cat([x, normalise(self.embed(classes))], 1)
        for index in range(self.config.layers):
            x = getattr(self, f"fc{index}")(x)
        return x


class StyledNetwork(nn.Module):
    """Mapping and synthesis, as the checkpoints name them."""

    mapping: Mapping
    synthesis: nn.Module
