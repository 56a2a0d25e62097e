"""The convolutions of MobileNet-v2: features of photographs, from small to large structures.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from dynode_cli import WeightsError, load_torch

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, blocks and stride of the first block (table 2 of the paper)."""
TAKEN = (1, 2, 4, 6)
"""Stages whose maps are given: the last ones at 1/4, 1/8, 1/16 and 1/32 of the size. That at 1/2 hardly tells a shift by
one pixel from another picture."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the red, green and blue of the pictures that it was trained on, which it takes as zero and one."""


class MobileNetV2(nn.Module):
    """Up to the last stage of blocks, under the names of the published file."""

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [_convolution(3, 32, stride=2)]
        width = 32
        self.taken: list[int] = []
        for stage, (expansion, channels, count, stride) in enumerate(STAGES):
            for number in range(count):
                blocks.append(_Block(width, channels, expansion, stride if number == 0 else 1))
                width = channels
            if stage in TAKEN:
                self.taken.append(len(blocks) - 1)
        self.features = nn.Sequential(*blocks)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Maps (N, C, h, w) after the stages of :data:`TAKEN`; `pictures` are (N, 3, H, W) in [0, 1]."""
        mean, deviation = torch.tensor((MEAN, DEVIATION), device=pictures.device)[:, :, None, None]
        x = (pictures - mean) / deviation
        maps = []
        for number, block in enumerate(self.features):
            x = block(x)
            if number in self.taken:
                maps.append(x)
        return maps


class _Block(nn.Module):
    """An inverted residual: widened, filtered a channel at a time, and narrowed without a nonlinearity."""

    def __init__(self, before: int, after: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = before * expansion
        self.residual = stride == 1 and before == after
        widened = [] if expansion == 1 else [_convolution(before, wide, kernel=1)]
        self.conv = nn.Sequential(
            *widened,
            _convolution(wide, wide, stride=stride, groups=wide),
            nn.Conv2d(wide, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


def _convolution(before: int, after: int, *, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU6(inplace=True))


def load_mobilenet(path: Path, device: torch.device) -> MobileNetV2:
    """The network of the file at `path`, without its classifier, not to be trained.

    Raises:
        InputError: no such file.
        WeightsError: unsafe or damaged file, or another architecture.
    """
    content = load_torch(path)
    with torch.device("meta"):
        network = MobileNetV2()
    expected = network.state_dict()
    given = {name: content[name] for name in expected if isinstance(content, dict) and name in content}
    wrong = [name for name, value in expected.items() if name not in given or given[name].shape != value.shape]
    if wrong:
        raise WeightsError(f"{path} holds no MobileNet-v2: {len(wrong)} tensors lack or differ, {wrong[0]} first")
    network.load_state_dict(given, assign=True)
    return network.requires_grad_(False).eval().to(device)
