"""Who finds the flow of the motion generator, and how often it is asked."""

from __future__ import annotations

import pytest
import torch

from dynode_cli import Context, FlowPair, PluginError, UsageError
from dynode_cli.plugin_host.host import load_host
from dynode_cli.plugin_host.records import OptionTable
from dynode_cli.synthetic.memory_clip import MemoryClip, texture_clip
from dynode_motion.dis import DisEstimator, DisOptions
from dynode_motion.generator import MotionGenerator
from dynode_motion.inverter import FlowInverter
from dynode_motion.options import FlowOptions, MotionOptions


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Sums of the frames of every pair that the estimator is asked about."""
    pairs: list[tuple[float, float]] = []
    estimate = DisEstimator.estimate

    def counted(self: DisEstimator, frame0: torch.Tensor, frame1: torch.Tensor) -> FlowPair:
        pairs.append((float(frame0.sum()), float(frame1.sum())))
        return estimate(self, frame0, frame1)

    monkeypatch.setattr(DisEstimator, "estimate", counted)
    return pairs


def codes_of(clip: MemoryClip, **options: object) -> torch.Tensor:
    context = Context()
    inverter = FlowInverter(FlowOptions(**options), context)  # type: ignore[arg-type]
    return inverter.invert(clip, MotionGenerator(MotionOptions(), context)).codes


@pytest.mark.parametrize("memory", [1 << 30, 1], ids=["much memory", "too little for a window"])
def test_windows_of_a_clip_share_its_flow(asked: list[tuple[float, float]], memory: int) -> None:
    clip = texture_clip([0.04 * k for k in range(20)], velocity=(30.0, 10.0))
    context = Context(memory=memory)
    inverter, generator = FlowInverter(FlowOptions(), context), MotionGenerator(MotionOptions(), context)
    margin = FlowInverter.context_frames
    assert margin is not None
    for first in range(0, 20, 2):
        window = clip.window(max(0, first - margin), min(19, first + 2 + margin))
        bound = inverter.invert(window, generator)
        times = bound.times[:-1] + bound.times.diff() / 2
        shown = (times >= clip.times[first]) & (times <= clip.times[min(19, first + 2)])
        bound.generator.synthesize((bound.codes[:-1] / 2 + bound.codes[1:] / 2)[shown], times[shown])
    assert len(asked) == len(set(asked)) == 19


def test_another_clip_has_flow_of_its_own(asked: list[tuple[float, float]]) -> None:
    context = Context()
    inverter, generator = FlowInverter(FlowOptions(), context), MotionGenerator(MotionOptions(), context)
    for seed in (1, 2):
        inverter.invert(texture_clip((0.0, 0.1, 0.2), seed=seed), generator)
    assert len(set(asked)) == 4


def test_an_estimator_of_a_plugin_is_used(dynode_fakes: None, asked: list[tuple[float, float]]) -> None:
    clip = texture_clip([0.1 * k for k in range(5)], velocity=(20.0, 10.0))
    assert not torch.equal(codes_of(clip, estimator="fake"), codes_of(clip))
    assert len(asked) == 4


def test_options_of_dis_can_be_given_either_way() -> None:
    clip = texture_clip([0.1 * k for k in range(5)], size=(64, 96), velocity=(20.0, 10.0))
    own = codes_of(clip, patch_stride=8, preset="fast")
    assert torch.equal(own, codes_of(clip, estimator_options=("patch_stride=8", "preset=fast")))
    assert not torch.equal(own, codes_of(clip))


def test_a_settings_file_can_say_how_dis_is_run() -> None:
    clip = texture_clip([0.1 * k for k in range(5)], size=(64, 96), velocity=(20.0, 10.0))
    host = load_host().with_options(
        [OptionTable("estimator", "dis", {"preset": "fast", "patch_stride": 8}, "a file")]
    )
    inverter = host.create("inverter", "flow", {}, Context())
    assert torch.equal(
        inverter.invert(clip, MotionGenerator(MotionOptions(), Context())).codes,
        codes_of(clip, patch_stride=8, preset="fast"),
    )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"estimator": "dsi"}, PluginError, "there is no estimator 'dsi'"),
        ({"estimator_options": ("fast",)}, UsageError, "'fast' is not key=value"),
        ({"estimator_options": ("size=3",)}, UsageError, "estimator 'dis' has no option 'size'"),
    ],
)
def test_what_cannot_be_is_said(options: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        FlowInverter(FlowOptions(**options), Context())  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(15, 40), (16, 16), (17, 300), (31, 33), (32, 32), (64, 40)])
def test_flow_of_frames_of_any_size(size: tuple[int, int]) -> None:
    clip = texture_clip((0.0, 0.1), size=size, velocity=(10.0, 0.0))
    flow = DisEstimator(DisOptions(), Context()).estimate(clip.frame(0), clip.frame(1))
    assert flow.forward.shape == flow.backward.shape == (2, *size)
    moved = 0.0 if min(size) < 16 else 1.0
    assert float(flow.forward[0].median()) == pytest.approx(moved, abs=0.25)
    assert float(flow.backward[0].median()) == pytest.approx(-moved, abs=0.25)


@pytest.mark.parametrize("size", [(120, 200), (480, 640)], ids=["small", "large"])
def test_flow_is_right_both_ways(size: tuple[int, int]) -> None:
    height, width = size
    clip = texture_clip((0.0, 1.0), size=size, velocity=(9.0, -6.0))
    flow = DisEstimator(DisOptions(), Context()).estimate(clip.frame(0), clip.frame(1))
    inside = (slice(None), slice(height // 4, -height // 4), slice(width // 4, -width // 4))
    for field, way in ((flow.forward, 1), (flow.backward, -1)):
        away = field[inside] - way * torch.tensor([9.0, -6.0])[:, None, None]
        assert float(away.abs().mean()) < 0.3
