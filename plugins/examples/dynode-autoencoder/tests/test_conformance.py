"""What every generator and every inverter must do."""

from __future__ import annotations

from pathlib import Path

import pytest
from dynode_autoencoder.methods import AutoencoderGenerator, AutoencoderInverter

from dynode_cli.conformance import GeneratorConformance, InverterConformance


class WithModel:
    """Builds with the model that `kind` names."""

    path: Path
    kind = "tiny"

    @pytest.fixture(autouse=True)
    def given(self, request: pytest.FixtureRequest) -> None:
        self.path = request.getfixturevalue(self.kind)[0]

    def weights(self) -> Path:
        return self.path


class TestTiny(WithModel, GeneratorConformance):
    implementation = AutoencoderGenerator
    inverter = AutoencoderInverter


class TestKL(WithModel, GeneratorConformance):
    implementation = AutoencoderGenerator
    inverter = AutoencoderInverter
    kind = "kl"


class TestInverter(WithModel, InverterConformance):
    implementation = AutoencoderInverter
    generator = AutoencoderGenerator
