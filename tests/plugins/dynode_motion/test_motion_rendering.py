"""The motion generator on scenes whose truth is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode_cli import Context, PluginError
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_motion.generator import BoundMotionGenerator, MotionGenerator
from dynode_motion.inverter import FlowInverter
from dynode_motion.ops import OpenCVOps, Ops, TorchOps
from dynode_motion.options import FlowOptions, MotionOptions

SIZE = (72, 96)
Scene = Callable[[float], Tensor]


class SceneClip:
    """Frames of a scene at some times."""

    def __init__(self, scene: Scene, times: Sequence[float], numbers: Sequence[int] | None = None) -> None:
        self._frames = [scene(t) for t in times]
        self.times = torch.tensor(times, dtype=torch.float64)
        self.numbers = list(numbers if numbers is not None else range(len(times)))
        self.source = scene
        self.size = (self._frames[0].shape[1], self._frames[0].shape[2])

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, index: int) -> Tensor:
        return self._frames[index]


def texture(x: np.ndarray, y: np.ndarray) -> Tensor:
    """(3, H, W) a smooth texture without repeats at real coordinates."""
    rng = np.random.default_rng(5)
    planes = []
    for _ in range(3):
        plane = np.zeros_like(x)
        for _ in range(14):
            angle, wave = rng.uniform(0, 2 * math.pi), rng.uniform(7, 28)
            phase = rng.uniform(0, 2 * math.pi)
            plane += np.sin(2 * math.pi * (x * math.cos(angle) + y * math.sin(angle)) / wave + phase)
        planes.append(0.5 + plane / 16)
    return torch.from_numpy(np.clip(np.stack(planes), 0, 1).astype(np.float32))


def moving(path: Callable[[float], tuple[float, float]], size: tuple[int, int] = SIZE) -> Scene:
    """The texture, moved as a whole along `path`."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)

    def scene(t: float) -> Tensor:
        dx, dy = path(t)
        return texture(columns - dx, rows - dy)

    return scene


def bound(clip: SceneClip, dynamics: str = "spline", memory: int = 1 << 28) -> tuple[BoundMotionGenerator, object]:
    context = Context(memory=memory)
    inversion = FlowInverter(FlowOptions(), context).invert(clip, MotionGenerator(MotionOptions(), context))
    chosen = {"spline": SplineDynamics, "linear": LinearDynamics}[dynamics]
    trajectory = chosen(chosen.Options(), context).fit(inversion.times, inversion.codes)
    assert isinstance(inversion.generator, BoundMotionGenerator)
    return inversion.generator, trajectory


def made(clip: SceneClip, times: Sequence[float], dynamics: str = "spline") -> Tensor:
    generator, trajectory = bound(clip, dynamics)
    moments = torch.tensor(times, dtype=torch.float64)
    return generator.synthesize(trajectory.evaluate(moments), moments)  # type: ignore[attr-defined]


def error(frame: Tensor, truth: Tensor, margin: int = 14) -> float:
    """RMS difference in 8-bit levels, away from the border where new content comes in."""
    inner = (slice(None), slice(margin, -margin), slice(margin, -margin))
    return 255 * float((frame[inner] - truth[inner]).square().mean().sqrt())


def test_source_frames_come_back_bit_for_bit() -> None:
    clip = SceneClip(moving(lambda t: (60 * t, 20 * t)), [0, 0.1, 0.2, 0.3])
    frames = made(clip, [0, 0.1, 0.2, 0.3])
    assert all(torch.equal(frames[k], clip.frame(k)) for k in range(4))


@pytest.mark.parametrize("dynamics", ["linear", "spline"])
def test_a_steady_motion_is_followed(dynamics: str) -> None:
    scene = moving(lambda t: (55 * t, -25 * t))
    clip = SceneClip(scene, [k / 10 for k in range(5)])
    between = made(clip, [0.15, 0.225], dynamics)
    blended = (clip.frame(1) + clip.frame(2)) / 2
    assert error(between[0], scene(0.15)) < 1.5 < 8 < error(blended, scene(0.15))
    assert error(between[1], scene(0.225)) < 1.5


def test_motion_goes_on_after_the_last_frame_and_is_held_before_the_first() -> None:
    scene = moving(lambda t: (55 * t, -25 * t))
    clip = SceneClip(scene, [k / 10 for k in range(5)])
    before, after = made(clip, [-0.05, 0.45])
    assert torch.equal(before, clip.frame(0))
    assert error(after, scene(0.45)) < 1.5 < 8 < error(clip.frame(4), scene(0.45))


def test_an_accelerated_motion_needs_the_spline() -> None:
    scene = moving(lambda t: (40 - 320 * (t - 0.25) ** 2, 0.0))
    clip = SceneClip(scene, [k / 10 for k in range(6)])
    line, curve = (error(made(clip, [0.25], dynamics)[0], scene(0.25)) for dynamics in ("linear", "spline"))
    assert curve < 0.5 * line, f"spline {curve:.2f}, linear {line:.2f} levels"


def test_a_picture_that_rests_is_not_touched() -> None:
    clip = SceneClip(moving(lambda t: (60 * min(t, 0.2), 0.0)), [k / 10 for k in range(6)])
    resting = made(clip, [0.25, 0.31, 0.49, 0.55])
    assert all(torch.equal(frame, clip.frame(2)) for frame in resting)


def test_a_rotation_needs_the_spline() -> None:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)

    def scene(t: float) -> Tensor:
        # About a far point: every pixel moves along an arc.
        angle = 1.2 * t
        x, y = columns - 48, rows + 120
        return texture(math.cos(angle) * x + math.sin(angle) * y, -math.sin(angle) * x + math.cos(angle) * y)

    clip = SceneClip(scene, [k / 25 for k in range(6)])
    line, curve = (error(made(clip, [0.1], dynamics)[0], scene(0.1)) for dynamics in ("linear", "spline"))
    assert curve <= line + 0.02


def test_uneven_times_are_true_times() -> None:
    scene = moving(lambda t: (250 * t * t, 30 * t))
    clip = SceneClip(scene, [0, 0.08, 0.2, 0.3, 0.35, 0.5])
    assert error(made(clip, [0.25])[0], scene(0.25)) < 2


def test_linear_dynamics_leave_no_deviation() -> None:
    """With the chord as trajectory gain and deviation are 0, and acceleration does not show."""
    clip = SceneClip(moving(lambda t: (300 * t * t, 0.0)), [k / 10 for k in range(5)])
    context = Context()
    moments = torch.tensor([0.15], dtype=torch.float64)
    results = []
    for gain in (0.0, 1.0):
        inversion = FlowInverter(FlowOptions(), context).invert(
            clip, MotionGenerator(MotionOptions(gain=gain), context)
        )
        trajectory = LinearDynamics(LinearDynamics.Options(), context).fit(inversion.times, inversion.codes)
        results.append(inversion.generator.synthesize(trajectory.evaluate(moments), moments))
    assert torch.allclose(results[0], results[1], atol=1e-4)


def test_one_batch_gives_what_single_frames_give() -> None:
    clip = SceneClip(moving(lambda t: (60 * t + 200 * t * t, 20 * t)), [k / 10 for k in range(5)])
    generator, trajectory = bound(clip)
    moments = torch.linspace(0.02, 0.38, 7, dtype=torch.float64)
    codes = trajectory.evaluate(moments)  # type: ignore[attr-defined]
    together = generator.synthesize(codes, moments)
    apart = torch.cat([generator.synthesize(codes[k : k + 1], moments[k : k + 1]) for k in range(7)])
    assert torch.equal(together, apart)
    assert torch.equal(together, generator.synthesize(codes, moments))


def test_threads_do_not_change_the_result() -> None:
    clip = SceneClip(moving(lambda t: (60 * t, 20 * t)), [k / 10 for k in range(4)])
    before = torch.get_num_threads()
    try:
        results = []
        for count in (1, 2):
            torch.set_num_threads(count)
            results.append(made(clip, [0.13, 0.15, 0.17]))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(results[0], results[1])


def test_windows_give_what_the_whole_shot_gives() -> None:
    """One inverter sees overlapping windows of a shot; another the whole shot."""
    scene = moving(lambda t: (25 * math.sin(7 * t), 20 * t))
    times = [k / 12 for k in range(18)]
    moments = torch.tensor([6.5 / 12, 7.25 / 12], dtype=torch.float64)
    margin = FlowInverter.context_frames
    assert margin is not None

    def render(windows: Sequence[range]) -> Tensor:
        context = Context()
        inverter, generator = FlowInverter(FlowOptions(), context), MotionGenerator(MotionOptions(), context)
        for window in windows:
            clip = SceneClip(scene, [times[k] for k in window], list(window))
            inversion = inverter.invert(clip, generator)
        trajectory = SplineDynamics(SplineDynamics.Options(), context).fit(inversion.times, inversion.codes)
        return inversion.generator.synthesize(trajectory.evaluate(moments), moments)

    reach = margin + 2
    whole = render([range(18)])
    windowed = render([range(4 + reach), range(2, 6 + reach), range(max(0, 6 - reach), min(18, 9 + reach))])
    assert torch.allclose(whole, windowed, atol=2e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5), (15, 33), (37, 41)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_size_and_number_of_frames(size: tuple[int, int], count: int) -> None:
    clip = SceneClip(moving(lambda t: (10 * t, 0.0), size), [k / 10 for k in range(count)])
    frames = made(clip, [0.0, 0.05, 0.1])
    assert frames.shape == (3, 3, *size)
    assert bool(torch.isfinite(frames).all()) and float(frames.min()) >= 0 and float(frames.max()) <= 1
    assert torch.equal(frames[0], clip.frame(0))


def test_a_static_scene_stays_as_it_is() -> None:
    clip = SceneClip(moving(lambda t: (0.0, 0.0)), [k / 10 for k in range(4)])
    frames = made(clip, [0.05, 0.12, 0.25])
    assert all(255 * float((frame - clip.frame(0)).abs().max()) < 0.5 for frame in frames)


def test_little_memory_changes_nothing_but_time() -> None:
    # More frames than are kept at hand whatever the memory.
    clip = SceneClip(moving(lambda t: (10 * t, 4 * t)), [k / 10 for k in range(16)])
    moments = torch.tensor([0.05, 0.75, 1.45], dtype=torch.float64)
    results = []
    for memory in (1 << 28, 1):
        generator, trajectory = bound(clip, memory=memory)
        results.append(generator.synthesize(trajectory.evaluate(moments), moments))  # type: ignore[attr-defined]
    assert torch.equal(results[0], results[1])


def test_codes_alone_hold_no_picture() -> None:
    generator = MotionGenerator(MotionOptions(), Context())
    with pytest.raises(PluginError, match="inverted first"):
        generator.synthesize(torch.zeros(1, 8), torch.zeros(1))


def test_both_backends_agree() -> None:
    cpu, device = OpenCVOps(), TorchOps(torch.device("cpu"))
    torch.manual_seed(0)
    planes = moving(lambda t: (0.0, 0.0))(0)
    offset = 4 * torch.nn.functional.interpolate(torch.randn(1, 2, 6, 8), SIZE, mode="bicubic")[0]
    image = planes.permute(1, 2, 0).contiguous()
    share = torch.rand(SIZE)
    assert torch.allclose(cpu.sample(planes, offset), device.sample(planes, offset), atol=0.01)
    assert torch.allclose(cpu.blur(planes, 2.0), device.blur(planes, 2.0), atol=2e-3)
    assert torch.allclose(cpu.resize(planes, (36, 48)), device.resize(planes, (36, 48)), atol=2e-3)
    assert float((cpu.warp(image, offset) - device.warp(image, offset)).abs().mean()) < 2e-3
    mixed = torch.empty(2, *image.shape)
    for ops, target in zip((cpu, device), mixed, strict=True):
        ops.mix(image, image.flip(0), share, target)
    assert torch.allclose(mixed[0], mixed[1], atol=1e-5)


@pytest.mark.parametrize("ops", [OpenCVOps(), TorchOps(torch.device("cpu"))])
def test_a_warp_moves_a_picture_as_far_as_it_is_told(ops: Ops) -> None:
    """At every fraction of a pixel, on both axes; a bicubic kernel by itself is up to .048 px off."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    image = texture(columns, rows).permute(1, 2, 0).contiguous()
    for fraction in np.arange(0.05, 1.0, 0.1):
        for x, y in ((fraction, 0.0), (0.0, fraction)):
            offset = torch.tensor([x, y], dtype=torch.float32)[:, None, None].expand(2, *SIZE).contiguous()
            warped = ops.warp(image, offset)
            told, farther = (texture(columns + k * x, rows + k * y).permute(1, 2, 0) for k in (1.0, 1.01))
            slope, miss = (a[8:-8, 8:-8] for a in ((farther - told) / (0.01 * fraction), warped - told))
            assert abs(float((miss * slope).sum() / (slope * slope).sum())) < 0.03
