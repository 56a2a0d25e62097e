"""NVIDIA's pickles are read without their code, and everything else in them is refused."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from dynode_cli import WeightsError
from dynode_stylegan.checkpoints.nvidia_pickle import load_networks
from tests.plugins.dynode_stylegan import nvidia_files


class Attack:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def test_modules_keep_their_tensors_and_settings(tmp_path: Path) -> None:
    network = nvidia_files.stylegan2(clamp=256.0)
    record = load_networks(nvidia_files.write(tmp_path / "g.pkl", G_ema=network))["G_ema"]
    expected = network.state_dict()
    assert record.class_name == "Generator"
    assert record.tensors().keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in record.tensors().items())
    layer = record.modules["synthesis"].modules["b8"].modules["conv0"]
    assert (layer.class_name, layer.attributes["up"], layer.setting("conv_clamp", None)) == ("SynthesisLayer", 2, 256)
    assert record.setting("channel_base", 0, "synthesis_kwargs") == 32768


@pytest.mark.parametrize("place", ["network", "parameter", "attribute", "source"])
def test_a_malicious_part_of_a_network_runs_nothing(tmp_path: Path, place: str) -> None:
    mark = tmp_path / "mark"
    attack = Attack(os.system, f"touch {mark}")
    network = nvidia_files.stylegan2()
    if place == "parameter":
        network.synthesis.b4._parameters["const"] = attack
    elif place == "attribute":
        network.mapping.__dict__["hook"] = attack
    content = {"D": attack} if place == "network" else {}
    if place == "source":
        network.synthesis.__dict__["_class_name"] = attack
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network, **content)
    with pytest.raises(WeightsError, match=r"names (posix|nt)\.system"):
        load_networks(path)
    assert not mark.exists()


def test_a_tensorflow_pickle_says_how_to_convert_it(tmp_path: Path) -> None:
    class Network:
        def __init__(self) -> None:
            self.version = 4

    Network.__module__, Network.__qualname__ = "dnnlib.tflib.network", "Network"
    module = ModuleType("dnnlib.tflib.network")
    module.Network = Network  # type: ignore[attr-defined]
    sys.modules.update({"dnnlib": ModuleType("dnnlib"), "dnnlib.tflib": ModuleType("t"), module.__name__: module})
    try:
        (tmp_path / "g.pkl").write_bytes(pickle.dumps((Network(), Network(), Network()), protocol=3))
    finally:
        for name in ("dnnlib", "dnnlib.tflib", module.__name__):
            del sys.modules[name]
    with pytest.raises(WeightsError, match="TensorFlow") as caught:
        load_networks(tmp_path / "g.pkl")
    assert "legacy.py" in str(caught.value.hint)


def test_truncated_and_foreign_pickles_say_so(tmp_path: Path) -> None:
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=nvidia_files.stylegan2())
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match="is not a complete pickle"):
        load_networks(path)
    path.write_bytes(pickle.dumps({"a": torch.zeros(2)}))
    with pytest.raises(WeightsError, match="holds no network: expected a dict with G_ema, found a"):
        load_networks(path)
