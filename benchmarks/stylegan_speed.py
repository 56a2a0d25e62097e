"""How fast is StyleGAN2 synthesis beside the published code, on the same weights?

NVIDIA's code runs as it does without compiled operations: one grouped convolution with weights of their own for all
samples, filters by zero insertion and a depth-wise convolution, and bias, activation and gain one after the other. Both
are timed in turn in one run, in CPU seconds (all threads) and wall seconds, the best of the repeats; their
pictures are compared. `published_stylegan.py` says where that code comes from.

    python benchmarks/stylegan_speed.py                     # 256 and 1024, CUDA rows too if there is a GPU
    python benchmarks/stylegan_speed.py --sizes 256 --threads 1 --repeats 5 --wheels FOLDER
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from environment import environment
from published_stylegan import WHEELS, Published, fetched, published
from torch import Tensor

from dynode_stylegan.networks.mapping import MappingConfig
from dynode_stylegan.networks.stylegan2_network import StyleGAN2, StyleGAN2Config

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


def published_synthesis(code: Published, network: StyleGAN2) -> Any:
    """The published synthesis network with the weights of `network`."""
    size = network.config.resolution
    made = code.stylegan2.SynthesisNetwork(512, size, 3, channel_base=32768, channel_max=512, num_fp16_res=0)
    missing, _ = made.load_state_dict(network.synthesis.state_dict(), strict=False)
    if any(not name.endswith("resample_filter") for name in missing):
        raise SystemExit(f"the published network has parameters that ours lacks: {', '.join(missing)}")
    return made.eval().requires_grad_(False)


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
    code: Published, size: int, batch: int, device: str, repeats: int, half: torch.dtype | None = None
) -> list[dict[str, Any]]:
    """Rows for synthesis, ours and the published, and for one step of inversion with ours."""
    network = random_network(size).to(device)
    reference = published_synthesis(code, network).to(device)
    ws = torch.randn(batch, network.config.num_ws, 512, generator=torch.Generator().manual_seed(1)).to(device)
    noise = [layer.noise_const for layer in network.synthesis.layers()]

    def ours() -> Tensor:
        with torch.no_grad():
            picture: Tensor = network.synthesis(ws, noise, half)
        return picture

    def theirs() -> Tensor:
        with torch.no_grad():
            picture: Tensor = reference(ws, noise_mode="const")
        return picture

    def step() -> None:
        codes = ws.clone().requires_grad_()
        network.synthesis(codes, noise, half).square().mean().backward()

    expected = theirs()
    error = float((ours() - expected).abs().max() / expected.abs().max())
    # The published code is the baseline in float32; short numbers are ours alone.
    baseline = {"published": theirs} if half is None else {}
    times = fastest({"ours": ours, **baseline, "ours, with gradients": step}, repeats, device)
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
    parser.add_argument("--wheels", type=Path, help=f"folder where {' and '.join(WHEELS)} are unpacked already")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows: list[dict[str, Any]] = []
    device = "cuda" if torch.cuda.is_available() else "cpu"
    errors = [row for size in arguments.sizes for row in half_errors(size, device)]
    with tempfile.TemporaryDirectory() as folder:
        code = published(arguments.wheels or fetched(Path(folder)))
        for size in arguments.sizes:
            for batch in (1, 4) if size <= 256 else (1,):
                rows += measure(code, size, batch, "cpu", arguments.repeats)
            if torch.cuda.is_available():
                for half in (None, torch.bfloat16, torch.float16):
                    rows += measure(code, size, 8 if size <= 256 else 2, "cuda", arguments.repeats * 5, half)
    RESULTS.parent.mkdir(exist_ok=True)
    content = {"environment": environment(arguments.threads), "half_errors": errors, "seconds_per_picture": rows}
    RESULTS.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for row in errors + rows:
        print("  ".join(f"{value}" for value in row.values()))


if __name__ == "__main__":
    main()
