"""AutoencoderKL, built after the tensors of its file.

R. Rombach et al.: High-resolution image synthesis with latent diffusion models (CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

State = Mapping[str, Tensor]
_EPS = 1e-6


class Residual(nn.Module):
    """Two normalised convolutions beside the input."""

    def __init__(self, inner: int, outer: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inner, eps=_EPS)
        self.conv1 = nn.Conv2d(inner, outer, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outer, eps=_EPS)
        self.conv2 = nn.Conv2d(outer, outer, 3, padding=1)
        if inner != outer:
            self.conv_shortcut = nn.Conv2d(inner, outer, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.conv1(functional.silu(self.norm1(x)))
        hidden = self.conv2(functional.silu(self.norm2(hidden)))
        return hidden + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Attention(nn.Module):
    """Every place looks at every other; one head."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, width, eps=_EPS)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        places = self.group_norm(x).flatten(2).transpose(1, 2)
        seen = functional.scaled_dot_product_attention(self.to_q(places), self.to_k(places), self.to_v(places))
        change: Tensor = self.to_out[0](seen)
        return x + change.transpose(1, 2).reshape(x.shape)


class Down(nn.Module):
    """Half the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        smaller: Tensor = self.conv(functional.pad(x, (0, 1, 0, 1)))
        return smaller


class Up(nn.Module):
    """Twice the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        larger: Tensor = self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return larger


class Step(nn.Module):
    """Residual blocks, and a change of resolution where the file has one."""

    def __init__(self, state: State, prefix: str, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(_residuals(state, f"{prefix}.resnets", groups))
        self.downsamplers = nn.ModuleList(
            Down(width) for width in _widths(state, f"{prefix}.downsamplers.0.conv.weight")
        )
        self.upsamplers = nn.ModuleList(Up(width) for width in _widths(state, f"{prefix}.upsamplers.0.conv.weight"))

    def forward(self, x: Tensor) -> Tensor:
        for part in (*self.resnets, *self.downsamplers, *self.upsamplers):
            x = part(x)
        return x


class Middle(nn.Module):
    """Residual, attention, residual."""

    def __init__(self, state: State, prefix: str, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(_residuals(state, f"{prefix}.resnets", groups))
        widths = _widths(state, f"{prefix}.attentions.0.to_q.weight")
        self.attentions = nn.ModuleList(Attention(width, groups) for width in widths)

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.resnets
        for part in (first, *self.attentions, second):
            x = part(x)
        return x


class Half(nn.Module):
    """The encoder or the decoder."""

    def __init__(self, state: State, side: str, groups: int) -> None:
        super().__init__()
        first, last = state[f"{side}.conv_in.weight"], state[f"{side}.conv_out.weight"]
        self.conv_in = nn.Conv2d(int(first.shape[1]), int(first.shape[0]), 3, padding=1)
        self.conv_norm_out = nn.GroupNorm(groups, int(last.shape[1]), eps=_EPS)
        self.conv_out = nn.Conv2d(int(last.shape[1]), int(last.shape[0]), 3, padding=1)
        self.mid_block = Middle(state, f"{side}.mid_block", groups)
        down, up = (_children(state, f"{side}.{name}") for name in ("down_blocks", "up_blocks"))
        self.down_blocks = nn.ModuleList(Step(state, prefix, groups) for prefix in down)
        self.up_blocks = nn.ModuleList(Step(state, prefix, groups) for prefix in up)

    def forward(self, x: Tensor) -> Tensor:
        for part in (self.conv_in, *self.down_blocks, self.mid_block, *self.up_blocks):
            x = part(x)
        made: Tensor = self.conv_out(functional.silu(self.conv_norm_out(x)))
        return made


class KL(nn.Module):
    """Frames (N, 3, H, W) in [0, 1] to the means of their latents (N, C, H / f, W / f), and back."""

    def __init__(self, state: State, groups: int) -> None:
        super().__init__()
        self.encoder = Half(state, "encoder", groups)
        self.decoder = Half(state, "decoder", groups)
        self.quant_conv = _pointwise(state, "quant_conv.weight")
        self.post_quant_conv = _pointwise(state, "post_quant_conv.weight")
        self.factor = 2 ** sum(1 for name in state if name.endswith("downsamplers.0.conv.weight"))
        self.channels = int(state["decoder.conv_in.weight"].shape[1])

    def encode(self, frames: Tensor) -> Tensor:
        """Means of the latents of `frames`."""
        moments = self.quant_conv(self.encoder(2 * frames - 1))
        return torch.chunk(moments, 2, dim=1)[0]

    def decode(self, latents: Tensor) -> Tensor:
        """Frames of `latents`; a little outside [0, 1] at times."""
        frames: Tensor = self.decoder(self.post_quant_conv(latents))
        return (frames + 1) / 2


def _widths(state: State, name: str) -> list[int]:
    """Output channels of the tensor `name`, if the file has it."""
    return [int(state[name].shape[0])] if name in state else []


def _pointwise(state: State, name: str) -> nn.Module:
    """The 1 x 1 convolution `name`; newer models have none."""
    if name not in state:
        return nn.Identity()
    return nn.Conv2d(int(state[name].shape[1]), int(state[name].shape[0]), 1)


def _children(state: State, prefix: str) -> list[str]:
    """``prefix.0``, ``prefix.1``, ..."""
    numbers = {int(name.removeprefix(f"{prefix}.").split(".")[0]) for name in state if name.startswith(f"{prefix}.")}
    return [f"{prefix}.{number}" for number in sorted(numbers)]


def _residuals(state: State, prefix: str, groups: int) -> list[Residual]:
    weights = [state[f"{child}.conv1.weight"] for child in _children(state, prefix)]
    return [Residual(int(weight.shape[1]), int(weight.shape[0]), groups) for weight in weights]
