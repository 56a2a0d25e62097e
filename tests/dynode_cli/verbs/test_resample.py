"""Codes at other times, from Python."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from dynode_cli import Codes, DynodeError, InputError, UsageError, load_codes, resample, save_codes


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "codes.safetensors"
    times = torch.tensor([1.0, 1.1, 1.3, 1.4, 1.5], dtype=torch.float64)
    codes = torch.stack([times.float(), 2 * times.float()], dim=1)[:, :, None].repeat(1, 1, 3)
    save_codes(path, Codes(codes, times, {"space": "W"}))
    return path


def test_a_rate_gives_codes_from_the_first_to_the_last(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "dense.safetensors"
    result = resample(source, out, rate=20, dynamics="linear")
    made = load_codes(out)
    assert torch.allclose(made.times, torch.arange(11, dtype=torch.float64) / 20 + 1.0)
    assert torch.allclose(made.codes[:, 0, 0], made.times.float(), atol=1e-6)
    assert made.codes.shape == (11, 2, 3)
    assert made.metadata["space"] == "W"
    assert (result.count, result.observations, result.code_shape) == (11, 5, (2, 3))
    assert result.report.end_miss == 0.0
    json.dumps(asdict(result))


def test_a_multiple_of_the_rate_counts_from_the_mean_spacing(source: Path, tmp_path: Path) -> None:
    result = resample(source, tmp_path / "o.safetensors", rate="2x", dynamics="spline")
    assert result.count == 9


@pytest.mark.parametrize("form", ["list", "text", "file"])
def test_times_are_read_as_they_are(source: Path, tmp_path: Path, form: str) -> None:
    listing = tmp_path / "times.txt"
    listing.write_text("1.05\n1.1, 1.45\n")
    times = {"list": [1.05, 1.1, 1.45], "text": "1.05,1.1,1.45", "file": listing}[form]
    resample(source, tmp_path / "o.safetensors", times=times, dynamics="linear")
    made = load_codes(tmp_path / "o.safetensors")
    assert made.times.tolist() == [1.05, 1.1, 1.45]
    assert torch.equal(made.codes[1], load_codes(source).codes[1])


def test_times_are_written_as_everywhere(source: Path, tmp_path: Path) -> None:
    listing = tmp_path / "times.txt"
    listing.write_text("1.05s 10f # frames at the mean rate, eight a second\n00:00:01.5\n", encoding="utf-8-sig")
    resample(source, tmp_path / "o.safetensors", times=str(listing), dynamics="linear")
    assert load_codes(tmp_path / "o.safetensors").times.tolist() == pytest.approx([1.05, 1.25, 1.5])


def test_extrapolation_is_in_the_warnings(source: Path, tmp_path: Path) -> None:
    result = resample(source, tmp_path / "o.safetensors", times=[1.2, 9.0], dynamics="linear")
    assert any("extrapolated" in note for note in result.report.warnings)


def test_samples_are_written_beside_the_mean(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.safetensors"
    result = resample(source, out, rate=100, dynamics="sde", samples=2, dynamics_options={"iterations": 2})
    assert [Path(name).name for name in result.outputs] == ["o.safetensors", "o.1.safetensors", "o.2.safetensors"]
    mean, *drawn = [load_codes(name).codes for name in result.outputs]
    assert all(sample.shape == (51, 2, 3) for sample in drawn)
    assert result.variance == str(tmp_path / "o.variance.safetensors")
    held = load_file(result.variance)
    expected = sum((sample - mean) ** 2 for sample in drawn) / 2
    assert torch.allclose(held["variance"], expected, atol=1e-9) and float(expected.max()) > 0
    assert torch.equal(held["times"], load_codes(out).times)
    at_knots = [0, 10, 30, 40, 50]
    assert float(held["variance"][at_knots].max()) < 1e-6 * float(held["variance"].max())


def test_samples_are_refused_where_there_are_none(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.safetensors"
    with pytest.raises(UsageError, match="samples: dynamics 'linear'") as refusal:
        resample(source, out, rate=100, dynamics="linear", samples=2)
    assert "sde" in str(refusal.value.hint) and not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "either"),
        ({"rate": 10, "times": [1.0]}, "either"),
        ({"rate": 0}, "above 0"),
        ({"rate": "fast"}, "not a frame rate"),
        ({"times": "1,two"}, "two"),
        ({"times": ""}, "neither a list"),
        ({"times": []}, "no time in it"),
        ({"times": "missing.txt"}, "neither a list of times nor a file"),
        ({"rate": 10, "dynamics": "sde", "samples": -1}, "0 or more"),
        ({"times": [2.0, 1.0]}, "increase"),
        ({"rate": 10, "dynamics": "linear", "dynamics_options": {"speed": 1}}, "speed"),
        ({"rate": 10, "dynamics": "splines"}, "splines"),
    ],
)
def test_what_makes_no_sense_is_refused(source: Path, tmp_path: Path, arguments: dict, words: str) -> None:
    out = tmp_path / "o.safetensors"
    with pytest.raises(DynodeError, match=words):
        resample(source, out, **arguments)
    assert not out.exists()


def test_outputs_are_not_overwritten_by_accident(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.safetensors"
    resample(source, out, rate=10, dynamics="linear")
    with pytest.raises(UsageError, match="exists"):
        resample(source, out, rate=20, dynamics="linear")
    assert resample(source, out, rate=20, dynamics="linear", force=True).count == 11


def test_the_folder_of_an_output_is_made_with_it(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "missing" / "too" / "o.safetensors"
    with pytest.raises(DynodeError, match="splien"):
        resample(source, out, rate=20, dynamics="splien")
    assert not (tmp_path / "missing").exists()
    resample(source, out, rate=20, dynamics="linear")
    assert out.is_file()


def test_missing_and_broken_code_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        resample(tmp_path / "none.safetensors", tmp_path / "o.safetensors", rate=10)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not a code file")
    with pytest.raises(InputError, match="broken"):
        resample(broken, tmp_path / "o.safetensors", rate=10)


def test_one_code_has_no_rate_to_multiply(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    save_codes(path, Codes(torch.ones(1, 4), torch.zeros(1, dtype=torch.float64)))
    with pytest.raises(UsageError, match="no rate"):
        resample(path, tmp_path / "o.safetensors", rate="2x")
    result = resample(path, tmp_path / "o.safetensors", times=[0.0, 5.0])
    assert result.report.method == "constant"
    assert "one observation" in result.report.warnings[0]
