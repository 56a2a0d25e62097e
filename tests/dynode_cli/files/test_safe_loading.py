"""Nothing in a checkpoint is run, and what is refused is named."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from dynode_cli import InputError, WeightsError, is_torch_file, load_pickle, load_torch


class Attack:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def attacks(mark: Path) -> dict[str, Attack]:
    touch = f"touch {mark}"
    return {
        "system": Attack(os.system, touch),
        "eval": Attack(eval, f"open({str(mark)!r}, 'w')"),
        "exec": Attack(exec, f"open({str(mark)!r}, 'w')"),
        "call": Attack(subprocess.call, ["touch", str(mark)]),
        "getattr": Attack(getattr, "os", "system"),
        "load": Attack(torch.load, str(mark)),
    }


@pytest.mark.parametrize("name", attacks(Path("mark")))
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_malicious_pickle_is_refused_by_name_and_runs_nothing(tmp_path: Path, name: str, protocol: int) -> None:
    mark = tmp_path / "mark"
    file = tmp_path / "weights.pkl"
    attack = attacks(mark)[name]
    file.write_bytes(pickle.dumps({"G_ema": torch.zeros(2), "D": [attack]}, protocol=protocol))
    with pytest.raises(WeightsError, match="is refused: it names") as caught:
        load_pickle(file, {})
    assert getattr(attack.call[0], "__name__", "?") in str(caught.value)
    assert caught.value.exit_code == 4
    assert not mark.exists()


@pytest.mark.parametrize("name", attacks(Path("mark")))
@pytest.mark.parametrize("legacy", [False, True])
def test_a_malicious_torch_file_is_refused_by_name_and_runs_nothing(tmp_path: Path, name: str, legacy: bool) -> None:
    mark = tmp_path / "mark"
    file = tmp_path / "weights.pt"
    attack = attacks(mark)[name]
    torch.save({"g_ema": {}, "x": attack}, file, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(WeightsError, match="is refused: it names") as caught:
        load_torch(file)
    assert getattr(attack.call[0], "__name__", "?") in str(caught.value)
    assert not mark.exists()


def test_the_bytes_of_a_storage_are_no_way_around_the_check(tmp_path: Path) -> None:
    mark, inner, file = tmp_path / "mark", tmp_path / "inner.pt", tmp_path / "weights.pkl"
    torch.save(Attack(os.system, f"touch {mark}"), inner, _use_new_zipfile_serialization=False)
    payload = Attack(torch.storage._load_from_bytes, inner.read_bytes())
    file.write_bytes(pickle.dumps(payload, protocol=3))
    with pytest.raises(WeightsError, match=r"posix\.system|nt\.system"):
        load_pickle(file, {})
    assert not mark.exists()


def test_a_pickle_cannot_change_what_answers_it(tmp_path: Path) -> None:
    file = tmp_path / "weights.pkl"
    global_name = b"ctorch._utils\n_rebuild_tensor_v2\n"
    file.write_bytes(b"\x80\x02" + global_name + b"}X\x06\x00\x00\x00_buildK\x01sb.")
    with pytest.raises(WeightsError, match="state to a function"):
        load_pickle(file, {})
    file.write_bytes(b"\x80\x02" + global_name + b"N}X\x06\x00\x00\x00_buildK\x01s\x86b.")
    with pytest.raises(WeightsError, match="state to a function"):
        load_pickle(file, {})
    file.write_bytes(pickle.dumps(torch.arange(3.0), protocol=3))
    assert load_pickle(file, {}).tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_plain_pickle_of_tensors_and_numbers_loads(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "weights.pkl"
    weight = torch.nn.Parameter(torch.randn(3, 4).to(memory_format=torch.contiguous_format))
    content = {
        "weight": weight,
        "scalar": torch.tensor(2.5),
        "ordered": OrderedDict(a=1),
        "set": {1, 2},
        "size": np.array([[4, 5], [6, 7]]).T,
        "rate": np.float64(16.0),
        "none": None,
    }
    file.write_bytes(pickle.dumps(content, protocol=protocol))
    loaded = load_pickle(file, {})
    assert torch.equal(loaded["weight"], weight)
    assert loaded["scalar"] == 2.5
    assert loaded["ordered"] == {"a": 1}
    assert loaded["set"] == {1, 2}
    assert loaded["size"].values == [[4, 6], [5, 7]]
    assert loaded["rate"] == 16.0
    assert type(loaded["rate"]) is float


def test_numpy_data_of_objects_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pkl"
    file.write_bytes(pickle.dumps(np.array([{}], dtype=object), protocol=3))
    with pytest.raises(WeightsError, match="no number"):
        load_pickle(file, {})


@pytest.mark.parametrize("module", ["pathlib", "pathlib._local"])
@pytest.mark.parametrize("legacy", [False, True])
def test_a_torch_file_with_a_namespace_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, legacy: bool, module: str
) -> None:
    """Paths in it have another name if Python 3.13 wrote it."""
    monkeypatch.setitem(sys.modules, "pathlib._local", pathlib)
    monkeypatch.setattr(pathlib.PosixPath, "__module__", module)
    file = tmp_path / "e4e.pt"
    content = {
        "state_dict": OrderedDict(w=torch.ones(2)),
        "opts": argparse.Namespace(output_size=1024, start=np.float64(0.5), folder=pathlib.PosixPath("a/b")),
    }
    torch.save(content, file, _use_new_zipfile_serialization=not legacy)
    assert is_torch_file(file)
    loaded = load_torch(file)
    assert loaded["opts"].output_size == 1024
    assert loaded["opts"].start == 0.5
    assert loaded["opts"].folder == "a/b"
    assert torch.equal(loaded["state_dict"]["w"], torch.ones(2))


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.0, 0.999))
def test_a_truncated_file_says_so(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole, file = folder / "whole.pt", folder / "cut.pt"
    torch.save({"w": torch.zeros(500)}, whole)
    data = whole.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match=r"cut\.pt \(\d+ bytes\) is not a complete torch file"):
        load_torch(file)
    data = pickle.dumps({"w": torch.zeros(500)}, protocol=3)
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match=r"cut\.pt \(\d+ bytes\) is not a complete pickle"):
        load_pickle(file, {})


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=200))
def test_bytes_that_cannot_be_read_give_no_other_error(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    file = tmp_path_factory.mktemp("noise") / "noise.bin"
    file.write_bytes(b"\x80\x03" + noise + b"}R")
    with contextlib.suppress(WeightsError):
        load_pickle(file, {})
    with contextlib.suppress(WeightsError):
        load_torch(file)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    for load in (load_torch, is_torch_file):
        with pytest.raises(InputError, match="no such file"):
            load(tmp_path / "none.pt")
    with pytest.raises(InputError, match="no such file"):
        load_pickle(tmp_path / "none.pkl", {})


def test_a_torch_that_is_not_safe_loads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.pt"
    torch.save({"a": torch.zeros(1)}, path)
    monkeypatch.setattr(torch, "__version__", "2.5.1")
    with pytest.raises(WeightsError, match=r"torch 2\.5\.1 cannot load checkpoints safely"):
        load_torch(path)


def test_no_advice_to_run_the_code_of_a_file_is_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "plain.pt"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(WeightsError) as refusal:
        load_torch(path)
    assert "weights_only" not in str(refusal.value) and "not those of weights" in str(refusal.value)
