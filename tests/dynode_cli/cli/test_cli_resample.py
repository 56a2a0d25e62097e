"""``dynode resample`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from dynode_cli import Codes, load_codes, save_codes


@pytest.fixture
def codes(tmp_path: Path) -> str:
    path = tmp_path / "codes.safetensors"
    times = torch.arange(6, dtype=torch.float64) / 25
    save_codes(path, Codes(torch.randn(6, 4), times))
    return str(path)


def test_report_as_json(dynode, codes: str, tmp_path: Path) -> None:
    out = tmp_path / "dense.safetensors"
    outcome = dynode("resample", codes, "-o", str(out), "--rate", "100", "-D", "fields=false", "--json")
    assert outcome.code == 0, outcome.err
    facts = json.loads(outcome.out)
    report = facts["report"]
    assert facts["count"] == len(load_codes(out).codes) == 21
    assert "linear" in report["leave_one_out"]
    fields = {"method", "end_miss", "velocity_jump", "nfe", "seconds", "path_chord", "roughness", "warnings"}
    assert fields <= set(report)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["--rate", "nope"], 2, "not a frame rate"),
        (["--rate", "10", "-D", "speed=1"], 2, "speed"),
        (["--rate", "10", "-d", "lineer"], 4, "linear"),
        ([], 2, "--rate"),
    ],
)
def test_bad_words_end_with_their_exit_code(
    dynode, codes: str, tmp_path: Path, words: list[str], code: int, part: str
) -> None:
    outcome = dynode("resample", codes, "-o", str(tmp_path / "o.safetensors"), *words)
    assert outcome.code == code
    assert part in outcome.err
    assert "Traceback" not in outcome.err


def test_codes_that_are_not_finite_are_unreadable_input(dynode, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    save_codes(path, Codes(torch.tensor([[1.0], [float("nan")]]), torch.arange(2, dtype=torch.float64)))
    outcome = dynode("resample", str(path), "-o", str(tmp_path / "o.safetensors"), "--rate", "10")
    assert outcome.code == 3
    assert "finite" in outcome.err
