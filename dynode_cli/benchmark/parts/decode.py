"""Decoding: what one frame costs to make from its code, the measure of whether a solver's time matters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynode_cli.benchmark.measuring.harness import Limits, race
from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.results import Quartiles
from dynode_cli.contracts import Context, Generator
from dynode_cli.errors import PluginError
from dynode_cli.plugin_host.host import Host
from dynode_cli.saving.scratch import scratch_folder
from dynode_cli.synthetic.memory_clip import texture_clip

MOTION_SIZE = (360, 640)


@dataclass(frozen=True)
class Decode:
    """Milliseconds to make one frame."""

    what: str
    ms: Quartiles


def decodes(scope: Scope, host: Host) -> dict[str, Decode]:
    """The decode that each state is compared with: a GAN's for its codes, motion's for those of motion.

    What is not installed is left out.
    """
    size = 256 if scope.quick else 1024
    found: dict[str, Decode] = {}
    try:
        with _stylegan2(size, scope, host) as generator:
            gan = Decode(
                f"a frame of StyleGAN2 at {size}, random weights, {gan_batch(scope)} at a time",
                _time_gan(generator, scope),
            )
        found |= {"18 x 512": gan, "PCA-10": gan}
    except PluginError as error:
        scope.note(f"no decode by StyleGAN2: {error}")
    try:
        found["motion"] = _motion(scope, host)
    except PluginError as error:
        scope.note(f"no decode by motion: {error}")
    return found


def _motion(scope: Scope, host: Host) -> Decode:
    context = Context(device=scope.device)
    clip = texture_clip([k / 25 for k in range(4)], size=MOTION_SIZE, device=scope.device)
    generator = host.create("generator", "motion", {}, context)
    inversion = host.create("inverter", generator.default_inverter, {}, context).invert(clip, generator)
    trajectory = host.create("dynamics", generator.default_dynamics, {}, context).fit(
        inversion.times, inversion.codes
    )

    def one(number: int) -> Tensor:
        t = torch.tensor([0.04 + 0.04 * (0.2 + 0.15 * (number % 5))], dtype=torch.float64)
        frames: Tensor = inversion.generator.synthesize(trajectory.evaluate(t), t)
        return frames

    height, width = MOTION_SIZE
    spread = race({"motion": one}, _few(scope), scope.device)["motion"]
    return Decode(f"a frame of motion at {width} x {height}", spread)


def _time_gan(generator: Generator, scope: Scope) -> Quartiles:
    random = torch.Generator().manual_seed(0)
    batch = gan_batch(scope)
    codes = torch.randn(4, batch, *generator.code_shape, generator=random).to(scope.device)
    times = torch.zeros(batch, dtype=torch.float64)
    work = {"gan": lambda number: generator.synthesize(codes[number % len(codes)], times)}
    return divided(race(work, _few(scope), scope.device)["gan"], batch)


def gan_batch(scope: Scope) -> int:
    """Frames that are decoded together: as many as a GPU wants; one on a CPU, which gains nothing by more."""
    return 1 if scope.device == "cpu" else 8


def divided(spread: Quartiles, by: int) -> Quartiles:
    """The share of one of `by` equal parts of what was measured."""
    cold = None if spread.cold is None else spread.cold / by
    return replace(spread, median=spread.median / by, low=spread.low / by, high=spread.high / by, cold=cold)


def _few(scope: Scope) -> Limits:
    limits = scope.limits
    return replace(limits, repeats=5, fewest=2, warmups=1 if scope.device == "cpu" else limits.warmups)


@contextmanager
def _stylegan2(size: int, scope: Scope, host: Host) -> Iterator[Generator]:
    """The generator `stylegan2` on a checkpoint of random weights, which exists while the block runs."""
    with scratch_folder() as folder:
        path = folder / "random.pt"
        torch.save({"g_ema": random_stylegan2(size), "latent_avg": torch.zeros(512)}, path)
        yield host.create("generator", "stylegan2", {}, Context(device=scope.device, weights=path))


def random_stylegan2(size: int) -> dict[str, Tensor]:
    """Random weights of StyleGAN2, config F, under the names of the PyTorch implementation by rosinality."""
    random = torch.Generator().manual_seed(0)

    def noise(*shape: int, scale: float = 1.0) -> Tensor:
        return torch.randn(shape, generator=random) * scale

    widths = {4 << level: min(32768 // (4 << level), 512) for level in range(int(math.log2(size)) - 1)}
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = taps[:, None] * taps / taps.sum() ** 2 * 4.0
    state = {"input.input": noise(1, 512, 4, 4)}
    for layer in range(1, 9):
        # The learning rate of the mapping is a hundredth, and so is what multiplies its weights.
        state |= {f"style.{layer}.weight": noise(512, 512, scale=100.0), f"style.{layer}.bias": noise(512)}

    def add(name: str, inputs: int, outputs: int, width: int) -> None:
        state[f"{name}.conv.weight"] = noise(1, outputs, inputs, width, width)
        state[f"{name}.conv.modulation.weight"] = noise(inputs, 512)
        state[f"{name}.conv.modulation.bias"] = torch.ones(inputs)

    def add_convolution(name: str, inputs: int, outputs: int, number: int, resolution: int) -> None:
        add(name, inputs, outputs, 3)
        state[f"{name}.noise.weight"] = torch.full((1,), 0.1)
        state[f"{name}.activate.bias"] = noise(outputs, scale=0.1)
        state[f"noises.noise_{number}"] = noise(1, 1, resolution, resolution)

    def add_colours(name: str, inputs: int) -> None:
        add(name, inputs, 3, 1)
        state[f"{name}.bias"] = noise(1, 3, 1, 1, scale=0.1)

    add_convolution("conv1", 512, 512, 0, 4)
    add_colours("to_rgb1", 512)
    for index, resolution in enumerate(sorted(widths)[1:]):
        before, width = widths[resolution // 2], widths[resolution]
        add_convolution(f"convs.{2 * index}", before, width, 2 * index + 1, resolution)
        state[f"convs.{2 * index}.conv.blur.kernel"] = kernel
        add_convolution(f"convs.{2 * index + 1}", width, width, 2 * index + 2, resolution)
        add_colours(f"to_rgbs.{index}", width)
        state[f"to_rgbs.{index}.upsample.kernel"] = kernel
    return state
