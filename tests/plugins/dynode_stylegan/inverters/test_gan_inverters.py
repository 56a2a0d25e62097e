"""Optimisation and pivotal tuning on generators of random weights, whose pictures have known codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode_cli import Context, Generator, InputError, NoOptions, PluginError, UsageError, WeightsError
from dynode_cli.plugin_host.host import Host
from dynode_cli.synthetic.memory_clip import MemoryClip
from dynode_stylegan.generators.gan import load_delta
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from dynode_stylegan.inverters.descent import Descent, Settings
from dynode_stylegan.inverters.loss import PictureLoss
from dynode_stylegan.inverters.optimize import OptimizeInverter, SearchOptions
from dynode_stylegan.inverters.pti import PivotalInverter, PivotalOptions, seconds_of
from tests.plugins.dynode_stylegan import nvidia_files, rosinality_files
from tests.plugins.dynode_stylegan.memory_clips import clip_of

MakeContext = Callable[..., Context]


def generator(context: Context, **options: Any) -> StyleGAN2Generator:
    return StyleGAN2Generator(StyleGAN2Options(**options), context)


@pytest.fixture
def where(tmp_path: Path, context: MakeContext) -> Context:
    state = rosinality_files.generator_state({4: 8, 8: 8, 16: 6})
    state["conv1.noise.weight"] *= 0.1
    for name in state:
        if name.startswith("to_rgb") and name.endswith(".conv.weight"):
            state[name] = state[name] * 0.3
    torch.save({"g_ema": state}, tmp_path / "g.pt")
    return context(tmp_path / "g.pt")


def moving(made: StyleGAN2Generator, count: int = 4) -> tuple[MemoryClip, Tensor]:
    """A clip along a line of codes, and the codes."""
    ends = made.random_codes(2, seed=11)
    share = torch.linspace(0, 0.3, count).reshape(-1, *[1] * (ends.ndim - 1))
    codes = ends[:1] + share * (ends[1:] - ends[:1])
    return clip_of(made.synthesize(codes, torch.zeros(count, dtype=torch.float64))), codes


@pytest.mark.parametrize("space", ["w", "w+", "z"])
def test_codes_are_found_again(where: Context, space: str) -> None:
    made = generator(where, space=space)
    clip, _ = moving(made)
    done: list[tuple[int, int]] = []
    options = SearchOptions(steps=80, learning_rate=0.1, smooth=0.0)
    inversion = OptimizeInverter(options, where).invert(clip, made, lambda *at: done.append(at))
    report = inversion.report
    assert inversion.codes.shape == (4, *made.code_shape)
    assert report["psnr"] > 40
    assert report["psnr"] == pytest.approx(sum(report["psnr_frames"]) / 4, abs=2e-3)
    assert (report["perceptual"], report["start"], report["space"]) == ("none", "shared", space)
    assert done[-1] == (80, 80)
    json.dumps(report)
    begun = OptimizeInverter(SearchOptions(steps=1), where).invert(clip, made).report
    assert report["psnr"] > begun["psnr"] + 5


def test_metrics_that_are_not_there_are_told_of_before_the_search(
    where: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynode_cli.plugin_host.host.load_host", lambda: Host([]))
    made = generator(where)
    done: list[tuple[int, int]] = []
    with pytest.raises(PluginError, match="no metric 'psnr'"):
        OptimizeInverter(SearchOptions(), where).invert(moving(made)[0], made, lambda *at: done.append(at))
    assert done == []


def test_the_same_seed_gives_the_same_codes(where: Context) -> None:
    made = generator(where, space="w")
    clip, _ = moving(made)
    runs = [OptimizeInverter(SearchOptions(steps=5), where).invert(clip, made).codes for _ in range(2)]
    assert torch.equal(*runs)


@pytest.mark.parametrize("start", ["mean", "previous"])
def test_other_starts_are_reported(where: Context, start: str) -> None:
    made = generator(where, space="w")
    clip, _ = moving(made, 3)
    inversion = OptimizeInverter(SearchOptions(steps=8, start=start), where).invert(clip, made)
    assert inversion.report["start"] == start
    with pytest.raises(WeightsError, match="has no encoder"):
        OptimizeInverter(SearchOptions(steps=1, start="encoder"), where).invert(clip, made)


def test_the_mean_of_z_is_no_start(where: Context) -> None:
    made = generator(where, space="z")
    with pytest.raises(UsageError, match="the mean of space z is zero"):
        OptimizeInverter(SearchOptions(start="mean"), where).invert(moving(made, 1)[0], made)


def test_smoothness_straightens_the_path_over_true_time(where: Context) -> None:
    made = generator(where, space="w")
    clip, codes = moving(made, 5)
    noise = torch.rand(clip.frames.shape, generator=torch.Generator().manual_seed(0)) * 0.3
    clip = MemoryClip((clip.frames + noise).clamp(0, 1), torch.tensor([0.0, 1, 2, 6, 7]).double() / 25)
    descent = Descent(clip, made, PictureLoss(1.0, 0.0, None, 0.0), Settings(1, 0.1, 0.0, 0.0))
    along_time = codes[:1] + (clip.times * 25).float()[:, None] * 0.1
    assert float(descent.acceleration(along_time)) < 1e-9
    along_index = codes[:1] + torch.arange(5.0)[:, None] * 0.1
    assert float(descent.acceleration(along_index)) > 1e-5
    bends = [
        float(
            descent.acceleration(OptimizeInverter(SearchOptions(steps=40, smooth=s), where).invert(clip, made).codes)
        )
        for s in (0.0, 1.0)
    ]
    assert bends[1] < bends[0] / 3


def test_one_frame_and_small_memory(where: Context, tmp_path: Path) -> None:
    made = generator(where, space="w")
    clip, _ = moving(made, 3)
    small = Context(weights=where.weights, memory=1)
    whole = OptimizeInverter(SearchOptions(steps=6), where).invert(clip, made).codes
    pieces = OptimizeInverter(SearchOptions(steps=6), small).invert(clip, generator(small, space="w")).codes
    torch.testing.assert_close(whole, pieces, rtol=1e-3, atol=1e-3)
    single = OptimizeInverter(SearchOptions(steps=2), where).invert(clip_of(clip.frames[:1]), made)
    assert single.codes.shape == (1, 8)


def test_features_of_a_discriminator_are_used_and_named(tmp_path: Path, context: MakeContext) -> None:
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=nvidia_files.stylegan2(), D=nvidia_files.discriminator())
    made = generator(context(path), space="w")
    clip, _ = moving(made, 3)
    report = OptimizeInverter(SearchOptions(steps=2), context(path)).invert(clip, made).report
    assert report["perceptual"] == "discriminator"
    assert report["loss"]["perceptual"] > 0
    off = OptimizeInverter(SearchOptions(steps=2, perceptual="none"), context(path)).invert(clip, made).report
    assert (off["perceptual"], "perceptual" in off["loss"]) == ("none", False)
    with pytest.raises(WeightsError, match="has no encoder to take perceptual features from"):
        OptimizeInverter(SearchOptions(steps=2, perceptual="encoder"), context(path)).invert(clip, made)


def test_a_generator_of_another_kind_is_refused(where: Context) -> None:
    class Other(Generator):
        default_inverter = "optimize"

        def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
            raise NotImplementedError

    for inverter in (OptimizeInverter(SearchOptions(), where), PivotalInverter(PivotalOptions(), where)):
        with pytest.raises(UsageError, match="finds codes of GANs, not of Other"):
            inverter.invert(clip_of(torch.zeros(1, 3, 4, 4)), Other(NoOptions(), where))


def test_pivotal_tuning_comes_closer_and_is_kept_as_a_delta(where: Context, tmp_path: Path) -> None:
    made = generator(where, space="w")
    clip = clip_of(torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(4)))
    before = {name: value.clone() for name, value in made.network.state_dict().items()}
    file = tmp_path / "delta.safetensors"
    options = PivotalOptions(steps=10, refine="1h", refine_steps=60, refine_rate=0.01, save=str(file))
    done: list[tuple[int, int]] = []
    inversion = PivotalInverter(options, where).invert(clip, made, lambda *at: done.append(at))
    report, tuned = inversion.report, inversion.generator
    assert report["psnr"] > report["pivot_psnr"] + 1
    assert report["refine_steps"] == 60
    assert report["refine_loss"][1] < report["refine_loss"][0]
    assert done[-1] == (3610, 3610)
    assert done == sorted(done)
    assert all(torch.equal(before[name], value) for name, value in made.network.state_dict().items())
    delta = load_delta(file)
    assert delta.keys() == tuned.bound_state().keys()
    assert all(name.startswith("synthesis.") for name in delta)
    frames = tuned.synthesize(inversion.codes, inversion.times)
    for again in (made.bound(delta), generator(where, space="w", delta=str(file)), made.bound(tuned.bound_state())):
        assert torch.equal(again.synthesize(inversion.codes, inversion.times), frames)
    assert made.bound_state() == {}
    further = PivotalInverter(PivotalOptions(steps=1, refine_steps=2), where).invert(clip, tuned).generator
    state = further.bound_state()
    codes, times = inversion.codes, inversion.times
    torch.testing.assert_close(made.bound(state).synthesize(codes, times), further.synthesize(codes, times))


def test_tuning_that_only_gets_worse_keeps_the_first_state(where: Context) -> None:
    made = generator(where, space="w")
    clip, _ = moving(made, 3)
    options = PivotalOptions(steps=40, refine_steps=3, refine_rate=1.0)
    inversion = PivotalInverter(options, where).invert(clip, made)
    assert inversion.report["refine_loss"][0] == inversion.report["refine_loss"][1]
    assert inversion.report["psnr"] == inversion.report["pivot_psnr"]


def test_a_delta_of_another_generator_is_refused(where: Context, tmp_path: Path) -> None:
    made = generator(where)
    with pytest.raises(InputError, match=r"synthesis\.b4\.const \(1,\), but stylegan2 has \(8, 4, 4\)"):
        made.bound({"synthesis.b4.const": torch.zeros(1)})
    with pytest.raises(InputError, match="no such tensor"):
        made.bound({"other": torch.zeros(1)})
    with pytest.raises(InputError, match="no such file"):
        generator(where, delta=str(tmp_path / "none.safetensors"))
    (tmp_path / "bad.safetensors").write_bytes(b"x")
    with pytest.raises(WeightsError, match="is not a safetensors file"):
        generator(where, delta=str(tmp_path / "bad.safetensors"))


def test_durations() -> None:
    assert [seconds_of(text) for text in ("60", "60s", "2m", "1.5h", ".5 min")] == [60, 60, 120, 5400, 30]
    for text in ("", "s", "-1s", "1d"):
        with pytest.raises(UsageError, match="is no duration"):
            seconds_of(text)
