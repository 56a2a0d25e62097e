"""Codes of pSp, e4e and ReStyle checkpoints, against a plain re-implementation."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Context, UsageError, WeightsError
from dynode_cli.synthetic.memory_clip import MemoryClip
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from dynode_stylegan.inverters.encoder import EncoderInverter, EncoderOptions
from dynode_stylegan.inverters.optimize import OptimizeInverter, SearchOptions
from tests.plugins.dynode_stylegan import encoder_files, plain_stylegan2, rosinality_files
from tests.plugins.dynode_stylegan.memory_clips import clip_of

MakeContext = Callable[..., Context]
CHANNELS = {4: 3, 8: 3, 16: 3, 32: 2, 64: 2}
LAYERS = 10
CASES = {
    "GradualStyleEncoder": (True, False),
    "Encoder4Editing": (True, True),
    "BackboneEncoder": (False, False),
    "ProgressiveBackboneEncoder": (False, True),
}


def checkpoint(path: Path, kind: str, channels: int = 3, **opts: Any) -> dict[str, Tensor]:
    """Writes a checkpoint; returns the encoder's state."""
    pyramid, _ = CASES[kind]
    encoder = encoder_files.encoder_state(LAYERS, pyramid=pyramid, channels=channels)
    decoder = rosinality_files.generator_state(CHANNELS)
    state = {f"encoder.{k}": v for k, v in encoder.items()} | {f"decoder.{k}": v for k, v in decoder.items()}
    average = torch.randn(8, generator=torch.Generator().manual_seed(2)).repeat(LAYERS, 1)
    content = {"state_dict": state, "latent_avg": average, "opts": Namespace(encoder_type=kind, **opts)}
    torch.save(content, path)
    return encoder


def average_of(path: Path) -> Tensor:
    with torch.serialization.safe_globals([Namespace]):
        average: Tensor = torch.load(path, weights_only=True)["latent_avg"]
    return average


def clip(size: int = 256, count: int = 2) -> MemoryClip:
    return clip_of(torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(3)))


def close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-4


@pytest.mark.parametrize("kind", CASES)
def test_codes_of_one_pass(tmp_path: Path, context: MakeContext, kind: str) -> None:
    path = tmp_path / "e.pt"
    state = checkpoint(path, kind)
    where = context(path)
    generator = StyleGAN2Generator(StyleGAN2Options(), where)
    frames = clip()
    done: list[tuple[int, int]] = []
    inversion = EncoderInverter(EncoderOptions(), where).invert(frames, generator, lambda *at: done.append(at))
    expected = encoder_files.plain(state, frames.frames * 2 - 1, residual=CASES[kind][1]) + average_of(path)
    close(inversion.codes, expected)
    assert done[-1] == (2, 2)
    assert inversion.generator is generator
    assert inversion.report["encoder"] == kind
    assert len(inversion.report["psnr_frames"]) == len(inversion.report["ssim_frames"]) == 2


def test_codes_without_the_mean_of_w(tmp_path: Path, context: MakeContext) -> None:
    path = tmp_path / "e.pt"
    state = checkpoint(path, "GradualStyleEncoder", start_from_latent_avg=False)
    where = context(path)
    frames = clip(count=1)
    generator = StyleGAN2Generator(StyleGAN2Options(), where)
    codes = EncoderInverter(EncoderOptions(), where).invert(frames, generator).codes
    close(codes, encoder_files.plain(state, frames.frames * 2 - 1, residual=False))


@pytest.mark.parametrize("kind", ["GradualStyleEncoder", "ProgressiveBackboneEncoder"])
def test_restyle_corrects_its_own_result(tmp_path: Path, context: MakeContext, kind: str) -> None:
    path = tmp_path / "e.pt"
    state = checkpoint(path, kind, channels=6)
    decoder = rosinality_files.generator_state(CHANNELS)
    where = context(path)
    frames = clip()
    generator = StyleGAN2Generator(StyleGAN2Options(), where)
    codes = EncoderInverter(EncoderOptions(iterations=3), where).invert(frames, generator).codes
    expected = average_of(path).repeat(2, 1, 1)
    for _ in range(3):
        seen = F.adaptive_avg_pool2d(plain_stylegan2.rosinality(decoder, expected), 256)
        pictures = torch.cat([frames.frames * 2 - 1, seen], 1)
        expected = expected + encoder_files.plain(state, pictures, residual=CASES[kind][1])
    close(codes, expected)


def test_frames_of_another_size_are_resized(tmp_path: Path, context: MakeContext) -> None:
    path = tmp_path / "e.pt"
    checkpoint(path, "Encoder4Editing")
    where = context(path)
    generator = StyleGAN2Generator(StyleGAN2Options(), where)
    smooth = F.interpolate(clip(16, 1).frames, size=(512, 512), mode="bicubic").clamp(0, 1)
    inverter = EncoderInverter(EncoderOptions(), where)
    large = inverter.invert(clip_of(smooth), generator).codes
    small = inverter.invert(clip_of(F.avg_pool2d(smooth, 2)), generator).codes
    assert float((large - small).abs().max() / small.abs().max()) < 0.02


def test_a_search_begins_at_the_encoder_of_the_checkpoint(tmp_path: Path, context: MakeContext) -> None:
    path = tmp_path / "e.pt"
    checkpoint(path, "Encoder4Editing")
    where = context(path)
    generator = StyleGAN2Generator(StyleGAN2Options(), where)
    frames = clip(64, 1)
    search = OptimizeInverter(SearchOptions(steps=1, learning_rate=1e-6), where).invert(frames, generator)
    assert (search.report["start"], search.report["perceptual"]) == ("encoder", "encoder")
    encoded = EncoderInverter(EncoderOptions(), where).invert(frames, generator).codes
    torch.testing.assert_close(search.codes, encoded, rtol=1e-3, atol=1e-4)
    w = StyleGAN2Generator(StyleGAN2Options(space="w"), where)
    assert OptimizeInverter(SearchOptions(steps=1), where).invert(frames, w).report["start"] == "shared"


def test_what_does_not_fit_is_named(tmp_path: Path, context: MakeContext) -> None:
    path = tmp_path / "e.pt"
    state = checkpoint(path, "Encoder4Editing")
    where = context(path)
    w = StyleGAN2Generator(StyleGAN2Options(space="w"), where)
    with pytest.raises(UsageError, match=r"finds codes \(10, 8\) in W\+, but stylegan2 takes \(8,\) in w"):
        EncoderInverter(EncoderOptions(), where).invert(clip(count=1), w)
    generator = StyleGAN2Generator(StyleGAN2Options(), where)

    def invert(encoder: dict[str, Tensor], **opts: Any) -> None:
        content = {"state_dict": {f"encoder.{k}": v for k, v in encoder.items()}, "opts": opts}
        torch.save(content, tmp_path / "x.pt")
        EncoderInverter(EncoderOptions(weights=str(tmp_path / "x.pt")), where).invert(clip(count=1), generator)

    with pytest.raises(WeightsError, match="encoder type unknown is not one of"):
        invert(state)
    with pytest.raises(WeightsError, match="has 23 units, expected the 24 of IR-SE50"):
        invert({k: v for k, v in state.items() if not k.startswith("body.23.")}, encoder_type="Encoder4Editing")
    with pytest.raises(WeightsError, match=r"encoder\.latlayer1\.weight is \(8, 9, 1, 1\), expected \(8, 7, 1, 1\)"):
        invert({**state, "latlayer1.weight": torch.zeros(8, 9, 1, 1)}, encoder_type="Encoder4Editing")
    content = torch.load(path, weights_only=False)
    for average, told in (
        (torch.zeros(4, 8), "is for 4 layers, but the encoder finds 10"),
        (torch.zeros(9), r"is \(9,\), expected \(8,\)"),
    ):
        torch.save({**content, "latent_avg": average}, tmp_path / "x.pt")
        with pytest.raises(WeightsError, match=f"latent_avg {told}"):
            EncoderInverter(EncoderOptions(weights=str(tmp_path / "x.pt")), where).invert(clip(count=1), generator)
    torch.save({"g_ema": {}}, tmp_path / "x.pt")
    with pytest.raises(WeightsError, match=r"holds no encoder: expected state_dict with encoder\.\*, found g_ema"):
        EncoderInverter(EncoderOptions(weights=str(tmp_path / "x.pt")), where).invert(clip(count=1), generator)
