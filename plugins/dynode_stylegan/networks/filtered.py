"""The alias-free non-linearity of StyleGAN3: up, leaky ReLU, down, each change of rate with a low-pass filter."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from dynode_stylegan.networks.resampling import leaky_relu


def filtered_leaky_relu(
    x: Tensor,
    *,
    up: int,
    down: int,
    up_filter: Tensor | None,
    down_filter: Tensor | None,
    padding: tuple[int, int, int, int],
    clamp: float | None,
    linear: bool,
) -> Tensor:
    """Upsample `x` (N, C, H, W), apply a leaky ReLU of slope 0.2 there, and downsample.

    Arguments:
        up, down: factors.
        up_filter, down_filter: taps (k,) of separable filters or (k, k) of others; None: no filtering.
        padding: zeros left, right, above, below of the upsampled picture; negative: crop.
        clamp: bound of the values before they are downsampled.
        linear: leave out the leaky ReLU.
    """
    left, right, above, below = padding
    if up_filter is None:
        x = _spread(x, up) if up > 1 else x
        if any(padding):
            x = F.pad(x, (left, right, above, below))
    elif up_filter.ndim == 1:
        x = _upsample_rows(x, up_filter, up, above, below)
        x = _upsample_rows(x.transpose(2, 3), up_filter, up, left, right).transpose(2, 3)
    else:
        x = F.pad(_spread(x, up), (left, right, above, below))
        x = _filter(x, up_filter.flip(0, 1) * up**2, 1)
    if not linear:
        x = leaky_relu(x, clamp)
    elif clamp is not None:
        x = x.clamp(-clamp, clamp)
    if down_filter is None:
        return x if down == 1 else x[:, :, ::down, ::down]
    if down_filter.ndim == 1:
        taps = down_filter.flip(0)
        return _filter(_filter(x, taps[:, None], (down, 1)), taps[None, :], (1, down))
    return _filter(x, down_filter.flip(0, 1), down)


def _filter(x: Tensor, taps: Tensor, stride: int | tuple[int, int]) -> Tensor:
    channels = x.shape[1]
    return F.conv2d(x, taps.to(x.dtype).expand(channels, 1, -1, -1), stride=stride, groups=channels)


def _spread(x: Tensor, factor: int) -> Tensor:
    """`x` with zeros after each pixel."""
    n, channels, height, width = x.shape
    out = x.new_zeros(n, channels, height, factor, width, factor)
    out[:, :, :, 0, :, 0] = x
    return out.reshape(n, channels, height * factor, width * factor)


def _upsample_rows(x: Tensor, taps: Tensor, up: int, before: int, after: int) -> Tensor:
    """Zeros between rows, padding and the filter `taps` times `up`, without multiplying any of the zeros.

    Each of the `up` phases of the output is the input filtered by every `up`-th tap.
    """
    n, channels, height, width = x.shape
    count = len(taps)
    each = -(-count // up)
    phases = F.pad(taps * up, (0, each * up - count)).reshape(each, up).T.flip(1)
    weight = phases[:, None, :, None].to(x.dtype).repeat(channels, 1, 1, 1)
    y = F.conv2d(x.contiguous(), weight, padding=(each - 1, 0), groups=channels)
    y = y.reshape(n, channels, up, height + each - 1, width).transpose(2, 3)
    y = y.reshape(n, channels, (height + each - 1) * up, width)
    start = count - 1 - before
    length = height * up + before + after - (count - 1)
    short = max(0, start + length - y.shape[2])
    if start < 0 or short:
        y = F.pad(y, (0, 0, max(0, -start), short))
    start = max(0, start)
    return y[:, :, start : start + length]
