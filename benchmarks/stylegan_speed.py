"""How fast is StyleGAN2 synthesis beside the plain form of the published implementations, on the same weights?

The plain form is what those run without compiled ops: a grouped convolution with weights of its own for every
sample, filters by zero insertion and a depth-wise convolution, and bias, activation and gain one after the other,
in channels-first memory. Both are timed in turn in one run, in CPU seconds (all threads) and wall seconds, the
best of the repeats; their pictures are compared.

    python benchmarks/stylegan_speed.py                     # 256 and 1024, CUDA rows too if there is a GPU
    python benchmarks/stylegan_speed.py --sizes 256 --threads 1 --repeats 5
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from environment import environment
from torch import Tensor
from torch.nn import functional as F

from dynode_stylegan.mapping import MappingConfig
from dynode_stylegan.stylegan2_network import StyleGAN2, StyleGAN2Config, SynthesisLayer, ToRGB

RESULTS = Path(__file__).parent / "results" / "stylegan_speed.json"


def random_network(size: int) -> StyleGAN2:
    """Config F with random weights."""
    channels = {4 << i: min(32768 // (4 << i), 512) for i in range(int(math.log2(size)) - 1)}
    network = StyleGAN2(StyleGAN2Config(MappingConfig(512, 0, 512, 8, 512, 0, 0.01), channels))
    generator = torch.Generator().manual_seed(0)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    for name, value in network.state_dict().items():
        if name.endswith("resample_filter"):
            value.copy_(taps[:, None] * taps[None, :])
        else:
            value.copy_(torch.randn(value.shape, generator=generator))
            if name.endswith("affine.bias"):
                value.add_(1)
            elif name.endswith(("noise_strength", ".bias")):
                value.mul_(0.1)
    return network.eval().requires_grad_(False)


def plain(network: StyleGAN2, ws: Tensor) -> Tensor:
    """Synthesis with constant noise, in the plain form."""
    synthesis = network.synthesis
    image: Tensor | None = None
    x = synthesis.block(4).const[None].repeat(len(ws), 1, 1, 1)
    used = 0
    for size in synthesis.resolutions:
        block = synthesis.block(size)
        if size > 4:
            x = _layer(block.conv0, x, ws[:, used], up=True)
            used += 1
        x = _layer(block.conv1, x, ws[:, used], up=False)
        used += 1
        if image is not None:
            image = _filtered(image, block.resample_filter * 4, 2, 1, up=2)
        assert block.torgb is not None
        colours = _colours(block.torgb, x, ws[:, used])
        image = colours if image is None else image + colours
    assert image is not None
    return image


def _layer(layer: SynthesisLayer, x: Tensor, w: Tensor, up: bool) -> Tensor:
    style = layer.affine(w)
    weight = layer.weight[None] * style[:, None, :, None, None]
    weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
    x = _grouped(x, weight, up)
    if up:
        x = _filtered(x, layer.resample_filter * 4, 1, 1)
    x = x + layer.noise_const * layer.noise_strength
    x = x + layer.bias.reshape(1, -1, 1, 1)
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def _colours(layer: ToRGB, x: Tensor, w: Tensor) -> Tensor:
    style = layer.affine(w) * layer.gain
    y = _grouped(x, layer.weight[None] * style[:, None, :, None, None], False)
    return y + layer.bias.reshape(1, -1, 1, 1)


def _grouped(x: Tensor, weight: Tensor, up: bool) -> Tensor:
    count, outputs, inputs, kernel, _ = weight.shape
    x = x.reshape(1, count * inputs, *x.shape[2:])
    if up:
        weight = weight.transpose(1, 2).reshape(count * inputs, outputs, kernel, kernel)
        y = F.conv_transpose2d(x, weight, stride=2, groups=count)
    else:
        y = F.conv2d(x, weight.reshape(count * outputs, inputs, kernel, kernel), padding=kernel // 2, groups=count)
    return y.reshape(count, outputs, *y.shape[2:])


def _filtered(x: Tensor, kernel: Tensor, before: int, after: int, up: int = 1) -> Tensor:
    n, channels, height, width = x.shape
    if up > 1:
        x = F.pad(x.reshape(n, channels, height, 1, width, 1), (0, up - 1, 0, 0, 0, up - 1))
        x = x.reshape(n, channels, height * up, width * up)
    x = F.pad(x, (before, after, before, after))
    return F.conv2d(x, kernel.flip(0, 1).repeat(channels, 1, 1, 1), groups=channels)


def fastest(actions: dict[str, Callable[[], Any]], repeats: int, device: str) -> dict[str, dict[str, float]]:
    """CPU and wall seconds of each action, the best of `repeats`, taken in turn."""
    best = {name: {"cpu_s": math.inf, "wall_s": math.inf} for name in actions}
    for repeat in range(repeats + 1):
        for name, action in actions.items():
            cpu, wall = time.process_time(), time.perf_counter()
            action()
            if device == "cuda":
                torch.cuda.synchronize()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            if repeat:  # the first one warms up
                best[name] = {"cpu_s": min(best[name]["cpu_s"], cpu), "wall_s": min(best[name]["wall_s"], wall)}
    return best


def measure(
    size: int, batch: int, device: str, repeats: int, half: torch.dtype | None = None
) -> list[dict[str, Any]]:
    """Rows for synthesis, ours and plain, and for one step of inversion with ours."""
    network = random_network(size).to(device)
    ws = torch.randn(batch, network.config.num_ws, 512, generator=torch.Generator().manual_seed(1)).to(device)
    noise = [layer.noise_const for layer in network.synthesis.layers()]

    def ours() -> Tensor:
        with torch.no_grad():
            picture: Tensor = network.synthesis(ws, noise, half)
        return picture

    def theirs() -> Tensor:
        with torch.no_grad():
            return plain(network, ws)

    def step() -> None:
        codes = ws.clone().requires_grad_()
        network.synthesis(codes, noise, half).square().mean().backward()

    expected = theirs()
    error = float((ours() - expected).abs().max() / expected.abs().max())
    times = fastest({"ours": ours, "plain": theirs, "ours, with gradients": step}, repeats, device)
    kind = "float32" if half is None else str(half).removeprefix("torch.")
    rows = []
    for name, seconds in times.items():
        each = {key: round(value / batch, 4) for key, value in seconds.items()}
        row = {"what": name, "size": size, "batch": batch, "device": device, "type": kind, **each}
        rows.append({**row, "relative_error": error} if name == "ours" else row)
    return rows


def half_errors(size: int, device: str) -> list[dict[str, Any]]:
    """Largest error of pictures made with short numbers, of the largest value of those made with long ones."""
    network = random_network(size).to(device)
    ws = torch.randn(1, network.config.num_ws, 512, generator=torch.Generator().manual_seed(1)).to(device)
    noise = [layer.noise_const for layer in network.synthesis.layers()]
    rows = []
    with torch.inference_mode():
        exact = network.synthesis(ws, noise, None)
        for half in (torch.float16, torch.bfloat16):
            error = float((network.synthesis(ws, noise, half) - exact).abs().max() / exact.abs().max())
            kind = str(half).removeprefix("torch.")
            rows.append({"what": "error", "size": size, "device": device, "type": kind, "relative_error": error})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows: list[dict[str, Any]] = []
    device = "cuda" if torch.cuda.is_available() else "cpu"
    errors = [row for size in arguments.sizes for row in half_errors(size, device)]
    for size in arguments.sizes:
        for batch in (1, 4) if size <= 256 else (1,):
            rows += measure(size, batch, "cpu", arguments.repeats)
        if torch.cuda.is_available():
            for half in (None, torch.bfloat16, torch.float16):
                rows += measure(size, 8 if size <= 256 else 2, "cuda", arguments.repeats * 5, half)
    RESULTS.parent.mkdir(exist_ok=True)
    content = {"environment": environment(arguments.threads), "half_errors": errors, "seconds_per_picture": rows}
    RESULTS.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for row in errors + rows:
        print("  ".join(f"{value}" for value in row.values()))


if __name__ == "__main__":
    main()
