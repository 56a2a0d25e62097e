"""Do our StyleGAN2, StyleGAN3 and face encoders compute what the published code computes, for files that it wrote?

    python benchmarks/stylegan_parity.py

Networks of the published code are made with random weights (biases, noise, averages and clamps among them, so that
nothing is multiplied by zero), saved by that code in each format, loaded by our loaders, and compared: the largest
difference of the outputs over the largest reference value, in float32 on the CPU.

The published code comes from two wheels that pip fetches into a temporary folder, where they are run and forgotten:
NVIDIA's licences allow research and evaluation only. `published_stylegan.py` says more, and what is stood in for.
"""

from __future__ import annotations

import argparse
import copy
import json
import pickle
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from environment import environment
from published_stylegan import WHEELS, Published, fetched, normal, published, random_encoder, randomised
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Context
from dynode_stylegan.checkpoints.nvidia_pickle import load_networks
from dynode_stylegan.generators.styled import StyledGenerator, StyledOptions
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from dynode_stylegan.generators.stylegan3 import StyleGAN3Generator
from dynode_stylegan.inverters.encoder import encode
from dynode_stylegan.inverters.perceptual import backbone_maps
from dynode_stylegan.networks import discriminator
from dynode_stylegan.networks.face_encoder import load_encoder

RESULTS = Path(__file__).parent / "results" / "stylegan_parity.json"
GENERATOR_BAR, ENCODER_BAR = 1e-4, 1e-3


@dataclass(frozen=True)
class Row:
    """One comparison."""

    file: str
    """Format and properties of the checkpoint."""
    output: str
    error: float
    bar: float


def difference(found: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest expected value."""
    expected = expected.expand_as(found) if expected.ndim == 4 else expected  # we make grey pictures RGB
    if found.shape != expected.shape:
        raise SystemExit(f"shapes differ: {tuple(found.shape)} and {tuple(expected.shape)}")
    return float((found - expected).abs().max() / expected.abs().max())


def opened(path: Path, kind: type[Any], seed: int = 0, **options: Any) -> Any:
    """Our generator for the checkpoint at `path`."""
    made = StyleGAN2Options(**options) if kind is StyleGAN2Generator else StyledOptions(**options)
    return kind(made, Context(weights=path, seed=seed))


def compared(file: str, path: Path, network: Any, kind: type[StyledGenerator]) -> Iterator[Row]:
    """Mapping with and without truncation, and pictures, of NVIDIA's `network` and of its pickle at `path`."""
    label = {"class_index": network.c_dim - 1} if network.c_dim else {}
    one_hot = F.one_hot(torch.full((2,), network.c_dim - 1), network.c_dim).float() if network.c_dim else None
    z = normal(2, network.z_dim)
    for psi, cutoff in ((1.0, None), (0.7, None), (0.7, 4)):
        expected = network.mapping(z, one_hot, truncation_psi=psi, truncation_cutoff=cutoff)
        ours = opened(path, kind, space="z", truncation=psi, truncation_cutoff=cutoff, **label)
        told = f"w, psi {psi}" + ("" if cutoff is None else f", cutoff {cutoff}")
        yield Row(file, told, difference(ours.to_ws(z), expected), GENERATOR_BAR)
    noises = ("const", "none") if kind is StyleGAN2Generator else ("",)
    yield from drawn(file, path, network, kind, noises[: 1 if network.img_resolution > 64 else 2])


def drawn(
    file: str, path: Path, network: Any, kind: type[StyledGenerator], noises: tuple[str, ...] = ("const",)
) -> Iterator[Row]:
    """Pictures of codes in W+."""
    ws = normal(1 if network.img_resolution > 64 else 2, network.num_ws, network.w_dim)
    for noise in noises:
        expected = network.synthesis(ws, **({"noise_mode": noise} if noise else {}))
        options: dict[str, Any] = {"noise": noise} if noise else {}
        ours = opened(path, kind, **options)
        # One picture is made in another way than several are.
        error = max(difference(ours.draw(ws[:n]), expected[:n]) for n in range(1, len(ws) + 1))
        yield Row(file, f"picture, noise {noise}" if noise else "picture", error, GENERATOR_BAR)


def pickled(path: Path, **content: Any) -> Path:
    """A pickle as the training loop writes it."""
    path.write_bytes(pickle.dumps(content))
    return path


def stylegan2_pickles(code: Published, folder: Path) -> Iterator[Row]:
    """NVIDIA's StyleGAN2, as stylegan2-ada-pytorch and the stylegan3 repository make it."""
    f = {"z_dim": 512, "w_dim": 512, "c_dim": 0, "img_channels": 3}
    small = {**f, "z_dim": 48, "w_dim": 64, "channel_max": 24, "img_resolution": 64}
    nested = {"channel_base": 16384, "channel_max": 512, "num_fp16_res": 4, "conv_clamp": 256}
    cases: dict[str, dict[str, Any]] = {
        "256, base 32768, 4 fp16 resolutions, clamp 256": {**f, "img_resolution": 256},
        "64, base 16384, conditional, ADA's nested arguments": {
            **f,
            "img_resolution": 64,
            "c_dim": 5,
            "synthesis_kwargs": nested,
        },
        "16": {**small, "img_resolution": 16},
        "1024": {**small, "img_resolution": 1024, "channel_base": 8192},
        "orig, clamp 0.5": {**small, "architecture": "orig", "conv_clamp": 0.5},
        "resnet, clamp 0.5": {**small, "architecture": "resnet", "conv_clamp": 0.5},
        "no clamp, 2 mapping layers of width 40": {
            **small,
            "conv_clamp": None,
            "mapping_kwargs": {"num_layers": 2, "layer_features": 40, "lr_multiplier": 0.1},
        },
        "conditional, embedding of 20": {**small, "c_dim": 3, "mapping_kwargs": {"embed_features": 20}},
        "grey, without noise": {**small, "img_channels": 1, "use_noise": False},
    }
    for name, arguments in cases.items():
        network = randomised(code.stylegan2.Generator(**arguments))
        path = pickled(folder / "g.pkl", G_ema=network, training_set_kwargs=None, augment_pipe=None)
        yield from compared(f"NVIDIA StyleGAN2 .pkl, {name}", path, network, StyleGAN2Generator)
    for taps in ([1], [1, 1], [1, 2, 1], [1, 2, 3, 5], [1, 4, 6, 4, 1], [1, 2, 3, 5, 4, 3, 2, 1]):
        for shape in ("skip", "resnet"):
            arguments = {**small, "resample_filter": taps, "architecture": shape}
            network = randomised(code.stylegan2.Generator(**arguments))
            path = pickled(folder / "g.pkl", G_ema=network)
            told = f"NVIDIA StyleGAN2 .pkl, filter {taps}, {shape}"
            yield from drawn(told, path, network, StyleGAN2Generator)


def whole_pickles(code: Published, folder: Path) -> Iterator[Row]:
    """A pickle with all that training leaves in it, and what legacy.py makes of it."""
    shape = {"img_resolution": 64, "channel_max": 32, "img_channels": 3, "c_dim": 0}
    given = {key: value for key, value in shape.items() if key != "channel_max"}
    g_ema = code.stylegan2.Generator(z_dim=64, w_dim=64, **given, synthesis_kwargs={"channel_max": 32})
    others = {
        "G": randomised(copy.deepcopy(g_ema), 2),
        "G_ema": randomised(g_ema, 1),
        "D": randomised(code.stylegan2.Discriminator(**shape)),
        "augment_pipe": None,
        "training_set_kwargs": {"class_name": "training.dataset.ImageFolderDataset", "use_labels": False},
    }
    path = pickled(folder / "whole.pkl", **others)
    yield from compared("NVIDIA StyleGAN2 .pkl, G, D, G_ema", path, g_ema, StyleGAN2Generator)
    for force in (False, True):
        with path.open("rb") as file:
            content = code.legacy.load_network_pkl(file, force_fp16=force)
        told = "NVIDIA StyleGAN2 .pkl, through legacy.py" + (" with fp16 forced" if force else "")
        yield from compared(told, pickled(folder / "legacy.pkl", **content), g_ema, StyleGAN2Generator)
    for taps, clamp in (([1, 3, 3, 1], 256), ([1, 2, 3, 5, 4], 0.5), ([1, 2, 3, 5, 4, 3, 2, 1], None)):
        network = code.stylegan2.Discriminator(**shape, conv_clamp=clamp, block_kwargs={"resample_filter": taps})
        path = pickled(folder / "d.pkl", D=randomised(network))
        ours = discriminator.from_nvidia(load_networks(path)["D"], path)
        assert ours is not None
        pictures, x, maps = normal(2, 3, 64, 64), None, []
        for size in network.block_resolutions:
            x, _ = getattr(network, f"b{size}")(x, pictures)
            maps.append(x.clone())
        error = max(difference(a, b) for a, b in zip(ours(pictures), maps, strict=True))
        yield Row(f"NVIDIA StyleGAN2 .pkl, D, filter {taps}, clamp {clamp}", "maps of blocks", error, GENERATOR_BAR)


def stylegan3_pickles(code: Published, folder: Path) -> Iterator[Row]:
    """NVIDIA's StyleGAN3, configurations T and R (twice the channels, 1 x 1 convolutions, radial filters)."""
    t = {"z_dim": 64, "w_dim": 64, "c_dim": 0, "img_channels": 3, "channel_base": 1024, "channel_max": 32}
    r = {**t, "channel_base": 2048, "channel_max": 64, "conv_kernel": 1, "use_radial_filters": True}
    cases: dict[str, dict[str, Any]] = {
        "T 64": {**t, "img_resolution": 64},
        "T 256, conditional": {**t, "img_resolution": 256, "c_dim": 4},
        "T 64, clamp 0.5, 8 mapping layers": {
            **t,
            "img_resolution": 64,
            "conv_clamp": 0.5,
            "mapping_kwargs": {"num_layers": 8},
        },
        "T 64, no clamp, leaky ReLU at 4 times the rate, filters of 8, no fp16": {
            **t,
            "img_resolution": 64,
            "conv_clamp": None,
            "lrelu_upsampling": 4,
            "filter_size": 8,
            "num_fp16_res": 0,
        },
        "R 64": {**r, "img_resolution": 64},
        "R 128, conditional, grey": {**r, "img_resolution": 128, "c_dim": 3, "img_channels": 1},
        "R 32, 9 layers, margin 6, output scale 1": {
            **r,
            "img_resolution": 32,
            "num_layers": 9,
            "margin_size": 6,
            "output_scale": 1,
        },
    }
    for name, arguments in cases.items():
        network = randomised(code.stylegan3.Generator(**arguments))
        path = pickled(folder / "g.pkl", G=network, D=network, G_ema=network, augment_pipe=None)
        yield from compared(f"NVIDIA StyleGAN3 .pkl, {name}", path, network, StyleGAN3Generator)
        if name == "R 64":
            with path.open("rb") as file:
                content = code.legacy.load_network_pkl(file)
            path = pickled(folder / "legacy.pkl", **content)
            told = f"NVIDIA StyleGAN3 .pkl, {name}, through legacy.py"
            yield from compared(told, path, network, StyleGAN3Generator)


def rosinality_files(code: Published, folder: Path) -> Iterator[Row]:
    """rosinality's .pt: the converted form with the mean of w, and what training saves."""
    for size, dim, layers, multiplier in ((256, 512, 8, 1), (32, 64, 2, 2)):
        network = randomised(code.rosinality.Generator(size, dim, layers, channel_multiplier=multiplier))
        path, mean = folder / "g.pt", normal(dim, seed=3)
        name = f"rosinality .pt {size}, latent_avg"
        if size == 32:
            name, d = "rosinality .pt 32, as training saves it", randomised(code.rosinality.Discriminator(32))
            optimiser = torch.optim.Adam(network.parameters(), lr=0.002, betas=(0.0, 0.99)).state_dict()
            rest = {"g_optim": optimiser, "d_optim": optimiser, "ada_aug_p": 0.3}
            content = {"g": network.state_dict(), "d": d.state_dict(), "g_ema": network.state_dict(), **rest}
            torch.save({**content, "args": argparse.Namespace(size=32, path="x", lr=0.002)}, path)
            mean = opened(path, StyleGAN2Generator).mean_code()[0]
            ours = discriminator.from_rosinality(d.state_dict(), path)
            pictures, maps = normal(2, 3, 32, 32), []
            x = d.convs[0](pictures)
            for block in d.convs[1:]:
                x = block(x)
                maps.append(x)
            error = max(difference(a, b) for a, b in zip(ours(pictures), maps, strict=True))
            yield Row(name, "maps of blocks of d", error, GENERATOR_BAR)
        else:
            torch.save({"g_ema": network.state_dict(), "latent_avg": mean}, path)
        yield from rosinality_rows(name, path, network, mean)


def rosinality_rows(name: str, path: Path, network: Any, mean: Tensor) -> Iterator[Row]:
    """Pictures of rosinality's `network` from z and from W+, and of its checkpoint at `path`."""
    large = network.size > 32
    psis, noises = ((0.7,), ("const",)) if large else ((1.0, 0.7), ("const", "none", "random"))
    batch = 1 if network.size > 64 else 2
    z, ws = normal(batch, network.style_dim), normal(batch, network.n_latent, network.style_dim)
    for psi in psis:
        expected = network([z], truncation=psi, truncation_latent=mean, randomize_noise=False)[0]
        ours = opened(path, StyleGAN2Generator, space="z", truncation=psi)
        yield Row(name, f"picture of z, psi {psi}", difference(ours.draw(z), expected), GENERATOR_BAR)
    silent = [torch.zeros(1, 1, 4 << (i + 1) // 2, 4 << (i + 1) // 2) for i in range(network.num_layers)]
    for noise in noises:
        ours = opened(path, StyleGAN2Generator, noise=noise, seed=5)
        given: dict[str, Any] = {"noise": silent} if noise == "none" else {"randomize_noise": False}
        if noise == "random":
            random = torch.Generator().manual_seed(5)
            given = {"noise": [torch.randn(part.shape[2:], generator=random)[None, None] for part in silent]}
        expected = network([ws], input_is_latent=True, **given)[0]
        error = max(difference(ours.draw(ws[:n]), expected[:n]) for n in range(1, batch + 1))
        yield Row(name, f"picture, noise {noise}", error, GENERATOR_BAR)


@dataclass(frozen=True)
class Pictures:
    """What our encoder asks of a clip: `frames` (N, 3, H, W) in [0, 1]."""

    frames: Tensor

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, index: int) -> Tensor:
        """One frame."""
        return self.frames[index]


def encoder_files(code: Published, folder: Path) -> Iterator[Row]:
    """pSp, e4e and ReStyle: codes, and pictures of the decoder in the same file."""
    width, frames, path = 128, normal(1, 3, 256, 256).mul(0.25).add(0.5).clamp(0, 1), folder / "e.pt"
    decoder = randomised(code.rosinality.Generator(64, width, 8))
    for colours in (decoder.to_rgb1, *decoder.to_rgbs):
        colours.conv.weight *= 0.1  # pictures about [-1, 1], as the encoder of ReStyle expects
    average, clip = normal(decoder.n_latent, width, seed=3) * 0.5, Pictures(frames)

    def decoded(codes: Tensor) -> Tensor:
        picture: Tensor = decoder([codes], input_is_latent=True, randomize_noise=False)[0]
        return picture

    for channels, kinds in (
        (3, {"pSp": "GradualStyleEncoder", "e4e": "Encoder4Editing"}),
        (6, {"ReStyle of pSp": "BackboneEncoder", "ReStyle of e4e": "ProgressiveBackboneEncoder"}),
    ):
        network = random_encoder(code, channels, decoder.n_latent, width)
        state = {f"encoder.{k}": v for k, v in network.state_dict().items()}
        state |= {f"decoder.{k}": v for k, v in decoder.state_dict().items()}
        for name, kind in kinds.items():
            network.additive = name.endswith("e4e")
            opts = {"encoder_type": kind, "input_nc": channels, "start_from_latent_avg": True}
            torch.save({"state_dict": state, "latent_avg": average, "opts": opts}, path)
            ours, gan, file = load_encoder(path), opened(path, StyleGAN2Generator), f"{name} .pt"
            passes, expected = 1 if channels == 3 else 2, average[None]
            for _ in range(passes):
                seen = [] if channels == 3 else [F.adaptive_avg_pool2d(decoded(expected), (256, 256))]
                expected = network(torch.cat([frames * 2 - 1, *seen], 1)) + expected
            found = encode(ours, gan, clip, passes, 1 << 30)  # type: ignore[arg-type]
            told = "codes" if passes == 1 else f"codes after {passes} passes"
            yield Row(file, told, difference(found, expected), ENCODER_BAR)
            if name == "pSp":
                pictures = frames * 2 - 1
                pairs = zip(backbone_maps(ours.network, pictures), network.maps(pictures), strict=True)
                error = max(difference(a, b) for a, b in pairs)
                yield Row(file, "maps of the backbone after units 6, 20, 23", error, ENCODER_BAR)
                yield Row(file, "picture", difference(gan.draw(expected), decoded(expected)), GENERATOR_BAR)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--wheels", type=Path, help=f"folder where {' and '.join(WHEELS)} are unpacked already")
    parser.add_argument("-o", "--json", type=Path, default=RESULTS, help="where to write the figures")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    started, rows = time.process_time(), []
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        code = published(arguments.wheels or fetched(Path(name) / "wheels"))
        for part in (stylegan2_pickles, whole_pickles, stylegan3_pickles, rosinality_files, encoder_files):
            for row in part(code, Path(name)):
                rows.append(row)
                print(
                    f"{row.error:9.1e} {'ok ' if row.error <= row.bar else 'BAD'} {row.file}: {row.output}",
                    flush=True,
                )
    content = {
        "environment": environment(arguments.threads),
        "published": WHEELS,
        "cpu_seconds": round(time.process_time() - started, 1),
        "rows": [{**asdict(row), "error": float(f"{row.error:.2g}")} for row in rows],
    }
    arguments.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if bad := sum(not row.error <= row.bar for row in rows):
        raise SystemExit(f"{bad} of {len(rows)} comparisons are above their bar")


if __name__ == "__main__":
    main()
