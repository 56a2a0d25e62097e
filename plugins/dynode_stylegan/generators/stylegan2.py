"""Generator `stylegan2`: StyleGAN2 and StyleGAN2-ADA checkpoints of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode_cli import Context, option
from dynode_stylegan.generators.styled import StyledGenerator, StyledOptions, reject_half_on_cpu
from dynode_stylegan.layouts.stylegan2_layouts import load_stylegan2
from dynode_stylegan.networks.stylegan2_network import StyleGAN2


@dataclass(frozen=True)
class StyleGAN2Options(StyledOptions):
    """Options of generator `stylegan2`."""

    noise: str = option(
        "const",
        help="noise of the layers: that of the checkpoint, none, or random (from --seed, the same in every frame)",
        choices=("const", "none", "random"),
    )


class StyleGAN2Generator(StyledGenerator):
    """StyleGAN2 from a checkpoint of rosinality, NVIDIA (ADA, StyleGAN3 repository), pSp, e4e or ReStyle.

    Pictures are the network's output (x + 1) / 2, cut to [0, 1]. Random noise does not change from frame to
    frame: it would flicker.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020.
    """

    Options = StyleGAN2Options
    name = "stylegan2"
    network: StyleGAN2
    options: StyleGAN2Options

    def __init__(self, options: StyleGAN2Options, context: Context) -> None:
        super().__init__(options, context)
        reject_half_on_cpu(options, self.device)
        layers = self.network.synthesis.layers()
        random = torch.Generator().manual_seed(context.seed)
        self._noise: list[Tensor | None] = [None] * len(layers)
        if options.noise != "none" and self.network.config.noise:
            self._noise = [
                layer.noise_const
                if options.noise == "const"
                else torch.randn(layer.resolution, layer.resolution, generator=random).to(self.device)
                for layer in layers
            ]

    def load(self, path: Path) -> StyleGAN2:
        network = load_stylegan2(path)
        self.frame_size = (network.config.resolution, network.config.resolution)
        return network

    def layers(self) -> int:
        return self.network.config.num_ws

    def style_matrices(self) -> list[Tensor]:
        return [layer.affine.weight for layer in self.network.synthesis.layers()]

    def colours(self) -> int:
        return self.network.config.colours

    def paint(self, ws: Tensor) -> Tensor:
        pictures: Tensor = self.network.synthesis(ws, self._noise, self.half)
        return pictures

    def bytes_per_frame(self) -> int:
        channels = self.network.config.channels
        return 4 * 6 * max(count * size * size for size, count in channels.items())
