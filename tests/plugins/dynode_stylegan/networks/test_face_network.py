"""Perceptual features from the weights registry."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from dynode_cli import Context, WeightsError
from dynode_stylegan.inverters.optimize import SearchOptions, picture_loss
from dynode_stylegan.networks.face_network import FaceNetwork, load_face_network

CPU = torch.device("cpu")


class Picturing:
    device = CPU


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A file in the published layout with random weights: convolutions and dense layers."""
    torch.manual_seed(0)
    state = {name: 0.1 * torch.randn_like(tensor) for name, tensor in FaceNetwork().state_dict().items()}
    state |= {"dense5.weight": torch.randn(256, 1152), "dense5.bias": torch.randn(256)}
    path = tmp_path / "onet.pt"
    torch.save(state, path)
    return path


def test_maps_follow_the_published_layers(weights: Path) -> None:
    state = torch.load(weights, weights_only=True)
    pictures = torch.rand(2, 3, 48, 48) * 2 - 1
    maps = load_face_network(weights, CPU)(pictures)
    assert [tuple(part.shape[1:]) for part in maps] == [(32, 46, 46), (64, 21, 21), (64, 8, 8), (128, 3, 3)]
    x = F.prelu(F.conv2d(pictures, state["conv1.weight"], state["conv1.bias"]), state["prelu1.weight"])
    assert torch.allclose(maps[0], x, atol=1e-5)
    x = F.conv2d(F.max_pool2d(x, 3, 2, ceil_mode=True), state["conv2.weight"], state["conv2.bias"])
    assert torch.allclose(maps[1], F.prelu(x, state["prelu2.weight"]), atol=1e-5)


def test_large_pictures_are_brought_to_the_size_of_faces(weights: Path) -> None:
    maps = load_face_network(weights, CPU)(torch.rand(1, 3, 256, 128))
    assert tuple(maps[0].shape[2:]) == (94, 46)


def test_the_loss_takes_them_where_the_checkpoint_has_none(weights: Path) -> None:
    asked = []

    def resolve(name: str) -> Path:
        asked.append(name)
        return weights

    loss = picture_loss(SearchOptions(), Picturing(), Context(resolve_weights=resolve))  # type: ignore[arg-type]
    assert asked == ["mtcnn-onet"]
    assert loss.report()["perceptual"] == "backbone (mtcnn-onet)"


def test_without_a_connection_the_loss_says_that_it_has_none() -> None:
    def resolve(name: str) -> Path:
        raise WeightsError("offline")

    context = Context(resolve_weights=resolve)
    assert picture_loss(SearchOptions(), Picturing(), context).report()["perceptual"] == "none"  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match="offline"):
        picture_loss(SearchOptions(perceptual="backbone"), Picturing(), context)  # type: ignore[arg-type]


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(32, 3, 3, 3)}, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match="lacks 11 of 12 tensors"):
        load_face_network(tmp_path / "other.pt", CPU)
