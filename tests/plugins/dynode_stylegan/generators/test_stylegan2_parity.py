"""Pictures of every StyleGAN2 file format, against a plain re-implementation of the maths."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode_cli import Context, InputError, UsageError, WeightsError
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from tests.plugins.dynode_stylegan import nvidia_files, plain_stylegan2, rosinality_files

MakeContext = Callable[..., Context]
TOLERANCE = 1e-5


def generator(context: Context, **options: Any) -> StyleGAN2Generator:
    return StyleGAN2Generator(StyleGAN2Options(**options), context)


def close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    error = (found - expected).abs().max() / expected.abs().max()
    assert float(error) < TOLERANCE


def codes(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("noise", ["const", "none"])
@pytest.mark.parametrize("channels", [{4: 6, 8: 5, 16: 4}, {4: 2, 8: 2, 16: 2, 32: 2, 64: 1}])
def test_rosinality(tmp_path: Path, context: MakeContext, batch: int, noise: str, channels: dict[int, int]) -> None:
    state = rosinality_files.generator_state(channels)
    torch.save({"g_ema": state, "latent_avg": torch.randn(8)}, tmp_path / "g.pt")
    found = generator(context(tmp_path / "g.pt"), noise=noise)
    layers = 2 * len(channels)
    assert found.code_shape == (layers, 8)
    assert found.frame_size == (max(channels), max(channels))
    ws = codes(batch, layers, 8)
    close(found.draw(ws), plain_stylegan2.rosinality(state, ws, noise == "const"))


def test_rosinality_z_with_truncation(tmp_path: Path, context: MakeContext) -> None:
    state, mean = rosinality_files.generator_state(), torch.randn(8)
    torch.save({"g_ema": state, "latent_avg": mean}, tmp_path / "g.pt")
    z = codes(2, 8)
    w = plain_stylegan2.rosinality_mapping(state, z)
    found = generator(context(tmp_path / "g.pt"), space="z", truncation=0.7)
    expected = plain_stylegan2.rosinality(state, (mean + 0.7 * (w - mean))[:, None].repeat(1, 6, 1))
    close(found.draw(z), expected)


def test_rosinality_training_form_takes_the_mean_of_w(tmp_path: Path, context: MakeContext) -> None:
    state = rosinality_files.generator_state()
    args = Namespace(size=16, latent=8)
    content = {"g": rosinality_files.generator_state(seed=9), "g_ema": state, "d": {}, "args": args, "ada_aug_p": 0.1}
    torch.save(content, tmp_path / "g.pt")
    found = generator(context(tmp_path / "g.pt"), space="w")
    w = codes(2, 8)
    close(found.draw(w), plain_stylegan2.rosinality(state, w[:, None].repeat(1, 6, 1)))
    z = torch.randn(20000, 8, generator=torch.Generator().manual_seed(1))
    mean = plain_stylegan2.rosinality_mapping(state, z).mean(0)
    assert float((found.mean_code() - mean).abs().max()) < 0.05 * float(mean.abs().max())
    assert torch.equal(found.mean_code(), generator(context(tmp_path / "g.pt"), space="w").mean_code())


@pytest.mark.parametrize("kind", ["namespace", "dict"])
def test_decoder_of_an_encoder_checkpoint(tmp_path: Path, context: MakeContext, kind: str) -> None:
    state = rosinality_files.generator_state()
    mean = torch.randn(8)
    opts: Any = {"stylegan_size": 16, "encoder_type": "Encoder4Editing"}
    content = {
        "state_dict": {**{f"decoder.{k}": v for k, v in state.items()}, "encoder.x": torch.zeros(1)},
        "latent_avg": mean.repeat(6, 1),
        "opts": Namespace(**opts) if kind == "namespace" else opts,
    }
    torch.save(content, tmp_path / "e4e.pt")
    found = generator(context(tmp_path / "e4e.pt"))
    ws = codes(2, 6, 8)
    close(found.draw(ws), plain_stylegan2.rosinality(state, ws))
    close(found.mean_code(), mean.repeat(6, 1))


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("architecture", ["skip", "orig", "resnet"])
@pytest.mark.parametrize("clamp", [None, 0.9])
def test_nvidia(tmp_path: Path, context: MakeContext, protocol: int, architecture: str, clamp: float | None) -> None:
    network = nvidia_files.stylegan2(architecture=architecture, clamp=clamp)
    path = nvidia_files.write(tmp_path / "g.pkl", protocol, G_ema=network)
    for batch in (1, 2):
        ws = codes(batch, 6, 8)
        expected = plain_stylegan2.nvidia(network.state_dict(), ws, architecture, clamp)
        close(generator(context(path)).draw(ws), expected)
    unclamped = plain_stylegan2.nvidia(network.state_dict(), ws, architecture, None)
    assert (clamp is None) == torch.equal(unclamped, expected), "the clamp must matter where there is one"


@pytest.mark.parametrize("architecture", ["skip", "resnet"])
@pytest.mark.parametrize("taps", [(1,), (1, 1), (1, 2, 3), (1, 2, 3, 5, 4, 3, 2, 1)])
def test_nvidia_with_other_filters(
    tmp_path: Path, context: MakeContext, architecture: str, taps: tuple[float, ...]
) -> None:
    network = nvidia_files.stylegan2(architecture=architecture, taps=taps)
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network)
    for batch in (1, 2):
        ws = codes(batch, 6, 8)
        close(generator(context(path)).draw(ws), plain_stylegan2.nvidia(network.state_dict(), ws, architecture))


def test_nvidia_of_large_maps(tmp_path: Path, context: MakeContext) -> None:
    channels = {4: 3, 8: 3, 16: 3, 32: 2, 64: 2}
    network = nvidia_files.stylegan2(channels, flat=True, colours=1)
    path = nvidia_files.write(tmp_path / "g.pkl", G=nvidia_files.stylegan2(seed=3), G_ema=network)
    ws = codes(1, 10, 8)
    expected = plain_stylegan2.nvidia(network.state_dict(), ws)
    close(generator(context(path)).draw(ws), expected.expand(-1, 3, -1, -1))


@pytest.mark.parametrize("cutoff", [None, 2])
def test_nvidia_conditional_z_with_truncation(tmp_path: Path, context: MakeContext, cutoff: int | None) -> None:
    network = nvidia_files.stylegan2(c_dim=3)
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network)
    state, z = network.state_dict(), codes(2, 7)
    w = plain_stylegan2.nvidia_mapping(state, z, torch.tensor([[0.0, 1.0, 0.0]]).repeat(2, 1))
    ws = w[:, None].repeat(1, 6, 1)
    ws[:, :cutoff] = state["mapping.w_avg"] + 0.5 * (ws[:, :cutoff] - state["mapping.w_avg"])
    options = {"space": "z", "class_index": 1, "truncation": 0.5, "truncation_cutoff": cutoff}
    close(generator(context(path), **options).draw(z), plain_stylegan2.nvidia(state, ws))
    for wrong in (None, 3):
        with pytest.raises(UsageError, match="has 3 classes"):
            generator(context(path), space="z", class_index=wrong)


def test_random_noise_is_fixed_by_the_seed_and_over_time(tmp_path: Path, context: MakeContext) -> None:
    torch.save({"g_ema": rosinality_files.generator_state()}, tmp_path / "g.pt")

    def pictures(seed: int) -> Tensor:
        made = generator(context(tmp_path / "g.pt", seed=seed), noise="random")
        return made.draw(codes(1, 6, 8).expand(3, -1, -1))

    first = pictures(1)
    torch.testing.assert_close(first[0], first[2])
    torch.testing.assert_close(first, pictures(1))
    assert not torch.allclose(first, pictures(2))


def test_frames_are_in_range_and_do_not_depend_on_the_batch(tmp_path: Path, context: MakeContext) -> None:
    torch.save({"g_ema": rosinality_files.generator_state()}, tmp_path / "g.pt")
    whole = generator(context(tmp_path / "g.pt"))
    single = generator(context(tmp_path / "g.pt", memory=1))
    assert (single.batch, whole.batch > 1) == (1, True)
    ws, times = codes(5, 6, 8), torch.arange(5.0, dtype=torch.float64)
    frames = whole.synthesize(ws, times)
    torch.testing.assert_close(frames, single.synthesize(ws, times), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(frames, ((whole.draw(ws) + 1) / 2).clamp(0, 1))
    assert not frames.requires_grad
    with pytest.raises(InputError, match="takes"):
        whole.synthesize(codes(1, 8), times[:1])


def test_gradients_are_those_of_the_plain_form(tmp_path: Path, context: MakeContext) -> None:
    network = nvidia_files.stylegan2(clamp=0.9)
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network)
    grads = []
    for draw in (
        generator(context(path)).draw,
        lambda ws: plain_stylegan2.nvidia(network.state_dict(), ws, clamp=0.9),
    ):
        ws = codes(2, 6, 8).requires_grad_()
        (draw(ws) * codes(2, 3, 16, 16)).sum().backward()
        assert ws.grad is not None
        grads.append(ws.grad)
    close(grads[0], grads[1])


def test_bfloat16_is_close(tmp_path: Path, context: MakeContext) -> None:
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=nvidia_files.stylegan2())
    ws = codes(2, 6, 8)
    exact, short = (generator(context(path), precision=p).draw(ws) for p in ("float32", "bfloat16"))
    assert short.dtype == torch.float32
    error = float((exact - short).abs().mean() / exact.abs().mean())
    assert 0 < error < 0.03
    with pytest.raises(UsageError, match="needs a GPU"):
        generator(context(path), precision="float16")


def test_files_that_do_not_fit_say_what_was_expected_and_found(tmp_path: Path, context: MakeContext) -> None:
    def load(content: Any) -> None:
        torch.save(content, tmp_path / "g.pt")
        generator(context(tmp_path / "g.pt"))

    state = rosinality_files.generator_state()
    with pytest.raises(WeightsError, match="needs a checkpoint"):
        generator(context())
    with pytest.raises(WeightsError, match=r"expected g_ema, or state_dict with decoder\.\*; found epoch, model"):
        load({"epoch": 3, "model": {}})
    with pytest.raises(WeightsError, match="holds a list"):
        load([1, 2])
    short = {k: v for k, v in state.items() if k != "convs.1.activate.bias"}
    with pytest.raises(WeightsError, match=r"lacks 1 of \d+ tensors: convs\.1\.activate\.bias"):
        load({"g_ema": short})
    wrong = {**state, "convs.0.conv.modulation.weight": torch.zeros(6, 9)}
    with pytest.raises(WeightsError, match=r"convs\.0\.conv\.modulation\.weight is \(6, 9\), expected \(6, 8\)"):
        load({"g_ema": wrong})
    spoilt = {**state, "conv1.activate.bias": torch.full((6,), torch.nan)}
    with pytest.raises(WeightsError, match=r"not finite: conv1\.activate\.bias"):
        load({"g_ema": spoilt})
    with pytest.raises(WeightsError, match=r"latent_avg is \(1, 5\), expected \(8,\) or \(layers, 8\)"):
        load({"g_ema": state, "latent_avg": torch.zeros(1, 5)})
    with pytest.raises(WeightsError, match="G_ema has no synthesis; it is a Discriminator"):
        record = nvidia_files.Persistent("Discriminator")
        record.mapping = nvidia_files.Persistent("MappingNetwork")
        generator(context(nvidia_files.write(tmp_path / "g.pkl", G_ema=record)))
    with pytest.raises(WeightsError, match="has no G_ema; found D"):
        generator(context(nvidia_files.write(tmp_path / "g.pkl", D=nvidia_files.stylegan2())))


def test_state_dicts_of_early_versions_with_four_axes_of_bias_load(tmp_path: Path, context: MakeContext) -> None:
    state = rosinality_files.generator_state()
    early = {k: v.reshape(1, -1, 1, 1) if k.endswith("activate.bias") else v for k, v in state.items()}
    torch.save({"g_ema": early}, tmp_path / "g.pt")
    ws = codes(1, 6, 8)
    close(generator(context(tmp_path / "g.pt")).draw(ws), plain_stylegan2.rosinality(state, ws))


def test_state_dicts_without_stored_noise_load(tmp_path: Path, context: MakeContext) -> None:
    state = {k: v for k, v in rosinality_files.generator_state().items() if not k.startswith("noises.")}
    torch.save({"g_ema": state}, tmp_path / "g.pt")
    ws = codes(1, 6, 8)
    close(generator(context(tmp_path / "g.pt"), noise="none").draw(ws), plain_stylegan2.rosinality(state, ws, False))
    first, second = (generator(context(tmp_path / "g.pt")).draw(ws) for _ in range(2))
    assert torch.equal(first, second)
