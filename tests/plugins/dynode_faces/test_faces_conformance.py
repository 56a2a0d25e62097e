"""The suites that third parties' framings and directions run, on ours."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_cli import Context
from dynode_cli.conformance import CarrierConformance, DirectionConformance, FramingConformance
from dynode_cli.synthetic.memory_clip import MemoryClip
from dynode_faces.editing.carrier import FaceCarrier
from dynode_faces.editing.directions import FaceDirection
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.framing.framing import FFHQFraming, WholeFraming


class TestWholeFraming(FramingConformance):
    implementation = WholeFraming


class TestFFHQFraming(FramingConformance):
    implementation = FFHQFraming
    size = (64, 64)

    @pytest.fixture(autouse=True)
    def given(self, carphone, face_context: Context) -> None:
        self.frames = torch.from_numpy(carphone).permute(0, 3, 1, 2)
        self.networks = face_context.resolve_weights

    def context(self, *, device: str = "cpu", seed: int = 0) -> Context:
        return Context(device=device, seed=seed, resolve_weights=self.networks)

    def clip(self, variant: int = 0, device: str = "cpu") -> MemoryClip:
        first = 20 * variant
        part = self.frames[first : first + 4].to(device)
        return MemoryClip(part.clone(), [(first + k) / 30 for k in range(4)])


class FaceDirectionConformance(DirectionConformance):
    """Codes of our directions are the landmarks of a face."""

    implementation = FaceDirection
    name: str
    code_shape = (468, 2)
    # A fifth of a pixel where the eyes are 100 apart: fields are interpolated on a grid.
    undo_tolerance = 5e-3

    @pytest.fixture(autouse=True)
    def given(self, detector, landmark_model, carphone) -> None:
        self.face = FaceTracker(detector, landmark_model).locate(carphone[0]).points

    def context(self, *, device: str = "cpu", seed: int = 0) -> Context:
        return Context(device=device, seed=seed, name=self.name)

    def code(self, variant: int = 0, device: str = "cpu") -> Tensor:
        return torch.from_numpy(self.face).to(device, torch.float32) + 3 * variant


class TestSmile(FaceDirectionConformance):
    name = "smile"


class TestMouthOpen(FaceDirectionConformance):
    name = "mouth-open"


class TestFaceCarrier(CarrierConformance):
    """Paint on something that is no face."""

    implementation = FaceCarrier

    @pytest.fixture(autouse=True)
    def given(self, face_context: Context) -> None:
        self.networks = face_context.resolve_weights

    def context(self, *, device: str = "cpu", seed: int = 0) -> Context:
        return Context(device=device, seed=seed, resolve_weights=self.networks)
