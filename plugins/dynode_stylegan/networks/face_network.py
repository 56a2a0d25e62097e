"""Perceptual features for checkpoints that bring none: the convolutions of a small network that finds faces.

The output network of MTCNN (Zhang et al., "Joint Face Detection and Alignment Using Multi-task Cascaded Convolutional
Networks", 2016), from the weights registry.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dynode_cli import load_torch
from dynode_stylegan.checkpoints.tensors import fill

LONGEST_SIDE = 96
"""Pixels to which larger pictures are brought: the network was trained on faces of 48."""


class FaceNetwork(nn.Module):
    """Four convolutions with 3 x 3 or 2 x 2 kernels, under the names of the published file."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Maps (N, C, h, w) after each convolution for pictures (N, 3, H, W) in [-1, 1]."""
        size = pictures.shape[2:]
        longest = max(size)
        if longest > LONGEST_SIDE:
            small = [max(24, round(side * LONGEST_SIDE / longest)) for side in size]
            pictures = F.interpolate(pictures, size=small, mode="bilinear", align_corners=False, antialias=True)
        first = self.prelu1(self.conv1(pictures))
        second = self.prelu2(self.conv2(F.max_pool2d(first, 3, 2, ceil_mode=True)))
        third = self.prelu3(self.conv3(F.max_pool2d(second, 3, 2, ceil_mode=True)))
        fourth = self.prelu4(self.conv4(F.max_pool2d(third, 2, 2, ceil_mode=True)))
        return [first, second, third, fourth]


def load_face_network(path: Path, device: torch.device) -> FaceNetwork:
    """The network of the file at `path`, without its dense layers, not to be trained.

    Raises:
        InputError: no such file.
        WeightsError: unsafe or damaged file, or another architecture.
    """
    content = load_torch(path)
    network = FaceNetwork()
    wanted = {name: content[name] for name in network.state_dict() if isinstance(content, dict) and name in content}
    fill(network, wanted, path)
    return network.requires_grad_(False).eval().to(device)
