"""Perceptual features: what the checkpoint itself brings to tell pictures apart.

The weights of LPIPS cannot be had without torchvision's, so features come from the discriminator that a
checkpoint holds beside its generator, or from the backbone of an encoder (pSp, e4e).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import WeightsError, is_torch_file, load_torch
from dynode_stylegan.checkpoints.nvidia_pickle import load_networks
from dynode_stylegan.networks import discriminator
from dynode_stylegan.networks.face_encoder import FaceEncoder, load_encoder

_ENCODER_SIZE = (256, 256)
_TAKEN = (6, 20, 23)


@dataclass(frozen=True)
class Perceptual:
    """A distance between pictures (N, 3, H, W) in [-1, 1]."""

    name: str
    """What it is made of, for people: ``discriminator``, ``encoder``."""
    maps: Callable[[Tensor], list[Tensor]]

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Maps (N, C, H, W), each pixel of length one."""
        return [F.normalize(part, dim=1, eps=1e-6) for part in self.maps(pictures)]

    @staticmethod
    def distance(found: list[Tensor], expected: list[Tensor]) -> Tensor:
        """(N,) mean over maps and pixels of the squared difference of features."""
        parts = [(a - b).square().sum(1).mean((1, 2)) for a, b in zip(found, expected, strict=True)]
        return torch.stack(parts).mean(0)


def load_perceptual(path: Path | None, choice: str, device: torch.device) -> Perceptual | None:
    """Features from checkpoint `path`; None if there are none, or `choice` asks for none of a checkpoint.

    Arguments:
        choice: ``discriminator``, ``encoder``, or ``auto`` for either; anything else asks for neither.

    Raises:
        WeightsError: `choice` names features that the checkpoint does not have.
    """
    found: Perceptual | None = None
    if path is not None and choice != "none":
        if choice in ("auto", "discriminator"):
            found = _discriminator(path, device)
        if found is None and choice in ("auto", "encoder"):
            found = _encoder(path, device)
    if found is None and choice in ("discriminator", "encoder"):
        raise WeightsError(
            f"{path or 'the generator'} has no {choice} to take perceptual features from",
            hint="-I perceptual=auto takes what there is",
        )
    return found


def _discriminator(path: Path, device: torch.device) -> Perceptual | None:
    network: discriminator.DiscriminatorFeatures | None = None
    if is_torch_file(path):
        content = load_torch(path)
        state = content.get("d") if isinstance(content, Mapping) else None
        if isinstance(state, Mapping) and "convs.0.0.weight" in state:
            network = discriminator.from_rosinality(state, path)
    else:
        record = load_networks(path).get("D")
        network = None if record is None else discriminator.from_nvidia(record, path)
    return None if network is None else Perceptual("discriminator", network.to(device))


def _encoder(path: Path, device: torch.device) -> Perceptual | None:
    if not is_torch_file(path):
        return None
    content = load_torch(path)
    state = content.get("state_dict", {}) if isinstance(content, Mapping) else {}
    first = state.get("encoder.input_layer.0.weight")
    if first is None or first.shape[1] != 3 or "encoder.body.23.res_layer.5.fc1.weight" not in state:
        return None
    network = load_encoder(path).network.to(device)
    return Perceptual("encoder", lambda pictures: backbone_maps(network, pictures))


def backbone_maps(network: FaceEncoder, pictures: Tensor) -> list[Tensor]:
    """The maps of the backbone that the styles are made from."""
    x = F.interpolate(pictures, size=_ENCODER_SIZE, mode="bilinear", align_corners=False, antialias=True)
    x = network.input_layer(x)
    maps = []
    for index, unit in enumerate(network.body):
        x = unit(x)
        if index in _TAKEN:
            maps.append(x)
    return maps
