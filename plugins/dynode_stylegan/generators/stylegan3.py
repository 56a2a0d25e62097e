"""Generator `stylegan3`: StyleGAN3 checkpoints, configurations T and R."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from dynode_cli import Context
from dynode_stylegan.generators.styled import StyledGenerator, StyledOptions, reject_half_on_cpu
from dynode_stylegan.layouts.stylegan3_layouts import load_stylegan3
from dynode_stylegan.networks.stylegan3_network import StyleGAN3


class StyleGAN3Generator(StyledGenerator):
    """StyleGAN3, configuration T or R, from NVIDIA's pickles.

    Pictures are the network's output (x + 1) / 2, cut to [0, 1]. There is no noise in this architecture.

    Source: Karras et al., "Alias-Free Generative Adversarial Networks", NeurIPS 2021.
    """

    name = "stylegan3"
    network: StyleGAN3

    def __init__(self, options: StyledOptions, context: Context) -> None:
        super().__init__(options, context)
        reject_half_on_cpu(options, self.device)

    def load(self, path: Path) -> StyleGAN3:
        network = load_stylegan3(path)
        self.frame_size = (network.config.resolution, network.config.resolution)
        return network

    def layers(self) -> int:
        return self.network.config.num_ws

    def style_matrices(self) -> list[Tensor]:
        synthesis = self.network.synthesis
        return [getattr(synthesis, name).affine.weight for name in self.network.config.layers]

    def colours(self) -> int:
        return list(self.network.config.layers.values())[-1].outputs

    def paint(self, ws: Tensor) -> Tensor:
        pictures: Tensor = self.network.synthesis(ws, self.half)
        return pictures

    def bytes_per_frame(self) -> int:
        return 4 * 4 * max(layer.outputs * layer.pixels for layer in self.network.config.layers.values())
