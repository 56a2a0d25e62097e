"""StyleGAN3 once more, plainly: its layer schedule, filters and files, and the maths with loops over samples.

The schedule and the filter design follow the appendix of Karras et al. 2021.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.signal
import scipy.special
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.plugins.dynode_stylegan.nvidia_files import EasyDict, Persistent, Weights, fully_connected, mapping
from tests.plugins.dynode_stylegan.plain_stylegan2 import dense, each_sample, fir


def low_pass(taps: int, cutoff: float, width: float, rate: float, radial: bool) -> Tensor | None:
    if taps == 1:
        return None
    if not radial:
        return torch.as_tensor(scipy.signal.firwin(taps, cutoff=cutoff, width=width, fs=rate), dtype=torch.float32)
    x = (np.arange(taps) - (taps - 1) / 2) / rate
    r = np.hypot(x[:, None], x[None, :])
    f = scipy.special.j1(2 * cutoff * np.pi * r) / (np.pi * r)
    window = np.kaiser(taps, scipy.signal.kaiser_beta(scipy.signal.kaiser_atten(taps, width / (rate / 2))))
    f = f * np.outer(window, window)
    return torch.as_tensor(f / f.sum(), dtype=torch.float32)


def generator(
    *,
    resolution: int = 16,
    layers: int = 4,
    critical: int = 2,
    margin: int = 3,
    base: int = 64,
    most: int = 6,
    radial: bool = False,
    kernel: int = 3,
    clamp: float | None = 256,
    c_dim: int = 0,
    seed: int = 0,
) -> Persistent:
    """A pickled ``Generator`` with random weights."""
    make, w_dim, z_dim = Weights(seed), 8, 7
    end = resolution / 2
    steps = np.minimum(np.arange(layers + 1) / (layers - critical), 1)
    cutoffs = 2.0 * (end / 2.0) ** steps
    stops = 2**2.1 * (end * 2**0.3 / 2**2.1) ** steps
    rates = np.exp2(np.ceil(np.log2(np.minimum(stops * 2, resolution))))
    halves = np.maximum(stops, rates / 2) - cutoffs
    sizes = rates + margin * 2
    sizes[-2:] = resolution
    channels = np.rint(np.minimum((base / 2) / cutoffs, most))
    channels[-1] = 3
    synthesis = Persistent("SynthesisNetwork", w_dim=w_dim, output_scale=0.25, layer_names=[])
    first = int(channels[0])
    synthesis.input = Persistent(
        "SynthesisInput",
        size=np.broadcast_to(np.asarray(int(sizes[0])), [2]),
        sampling_rate=rates[0],
        bandwidth=cutoffs[0],
    )
    synthesis.input.weight = make.parameter(first, first)
    synthesis.input.affine = fully_connected(make, w_dim, 4)
    synthesis.input.affine.bias.data += torch.tensor([2.0, 0, 0, 0])
    synthesis.input.register_buffer("transform", torch.eye(3) + 0.05 * make(3, 3))
    synthesis.input.register_buffer("freqs", make(first, 2) * float(cutoffs[0]) / 2)
    synthesis.input.register_buffer("phases", make(first))
    for index in range(layers + 1):
        before = max(index - 1, 0)
        to_rgb, is_critical = index == layers, index >= layers - critical
        in_rate, out_rate = int(rates[before]), int(rates[index])
        rate = max(in_rate, out_rate) * (1 if to_rgb else 2)
        up, down = rate // in_rate, rate // out_rate
        up_taps = 6 * up if up > 1 and not to_rgb else 1
        down_taps = 6 * down if down > 1 and not to_rgb else 1
        size = 1 if to_rgb else kernel
        in_size, out_size = np.full(2, int(sizes[before])), np.full(2, int(sizes[index]))
        total = (out_size - 1) * down + 1 - (in_size + size - 1) * up + up_taps + down_taps - 2
        low = (total + up) // 2
        high = total - low
        module = Persistent(
            "SynthesisLayer",
            is_torgb=to_rgb,
            is_critically_sampled=is_critical,
            use_fp16=False,
            in_size=in_size,
            out_size=out_size,
            conv_kernel=size,
            conv_clamp=clamp,
            up_factor=up,
            down_factor=down,
            padding=[int(low[0]), int(high[0]), int(low[1]), int(high[1])],
            in_cutoff=cutoffs[before],
        )
        inputs, outputs = int(channels[before]), int(channels[index])
        module.affine = fully_connected(make, w_dim, inputs, shift=1.0)
        module.weight = make.parameter(outputs, inputs, size, size)
        module.bias = make.parameter(outputs)
        module.register_buffer("magnitude_ema", make().exp())
        module.register_buffer("up_filter", low_pass(up_taps, cutoffs[before], halves[before] * 2, rate, False))
        shape = radial and not is_critical
        module.register_buffer("down_filter", low_pass(down_taps, cutoffs[index], halves[index] * 2, rate, shape))
        name = f"L{index}_{out_size[0]}_{outputs}"
        setattr(synthesis, name, module)
        synthesis.layer_names.append(name)
    whole = Persistent("Generator", z_dim=z_dim, c_dim=c_dim, w_dim=w_dim, img_resolution=resolution)
    whole.synthesis = synthesis
    whole.mapping = mapping(make, z_dim, c_dim, w_dim, layers + 2, 2)
    whole._init_kwargs = EasyDict(z_dim=z_dim, channel_base=base, channel_max=most)
    return whole.eval()


def _input(module: Any, w: Tensor) -> Tensor:
    size, rate = int(module.size[0]), float(module.sampling_rate)
    out = []
    for one in dense(w, module.affine.weight, module.affine.bias):
        c, s, x, y = (one / one[:2].norm()).tolist()
        turn = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        shift = torch.tensor([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
        m = turn @ shift @ module.transform
        phases = module.phases + module.freqs @ m[:2, 2]
        freqs = module.freqs @ m[:2, :2]
        loud = (1 - (freqs.norm(dim=1) - module.bandwidth) / (rate / 2 - module.bandwidth)).clamp(0, 1)
        theta = torch.eye(2, 3) * (0.5 * size / rate)
        grid = F.affine_grid(theta[None], [1, 1, size, size], align_corners=False)[0]
        waves = torch.sin((grid @ freqs.T + phases) * 2 * math.pi) * loud
        out.append((waves @ module.weight.T / math.sqrt(len(phases))).permute(2, 0, 1))
    return torch.stack(out)


def picture(network: Any, ws: Tensor) -> Tensor:
    """Picture of `ws` (N, L, D)."""
    synthesis = network.synthesis
    x = _input(synthesis.input, ws[:, 0])
    for index, name in enumerate(synthesis.layer_names):
        layer = getattr(synthesis, name)
        style = dense(ws[:, index + 1], layer.affine.weight, layer.affine.bias)
        weight = layer.weight
        if layer.is_torgb:
            style = style / math.sqrt(weight.shape[1])
        else:
            weight = weight / (weight**2).mean((1, 2, 3), keepdim=True).sqrt()
            style = style / (style**2).mean().sqrt()
        x = x / layer.magnitude_ema.sqrt()
        pad = layer.conv_kernel - 1
        x = each_sample(x, weight, style, not layer.is_torgb, lambda a, b, pad=pad: F.conv2d(a, b, padding=pad))
        x = x + layer.bias[:, None, None]
        left, right, above, below = layer.padding
        assert (left, right) == (above, below)
        up = layer.up_filter if layer.up_filter is not None else torch.ones(1)
        x = fir(x, up * layer.up_factor, left, right, up=layer.up_factor)
        if not layer.is_torgb:
            x = torch.where(x > 0, x, 0.2 * x) * math.sqrt(2)
        if layer.conv_clamp is not None:
            x = x.clamp(-layer.conv_clamp, layer.conv_clamp)
        down = layer.down_filter if layer.down_filter is not None else torch.ones(1)
        x = fir(x, down, 0, 0, down=layer.down_factor)
        assert tuple(x.shape[2:]) == tuple(layer.out_size)
    return x * 0.25
