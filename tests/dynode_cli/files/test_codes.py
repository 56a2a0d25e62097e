"""Files of codes and of variances."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dynode_cli.errors import DeviceError, InputError
from dynode_cli.files.codes import FORMAT, Codes, load_codes, save_codes, save_variance

TIMES = torch.tensor([0.0, 0.04, 0.5], dtype=torch.float64)
CODES = torch.arange(12.0).reshape(3, 2, 2)


def test_codes_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "codes.safetensors"
    save_codes(path, Codes(CODES.double(), TIMES.float(), {"generator": "motion"}))
    found = load_codes(path)
    assert torch.equal(found.codes, CODES) and found.codes.dtype == torch.float32
    assert torch.equal(found.times, TIMES.float().double())
    assert found.metadata == {"generator": "motion", "format": FORMAT}
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("codes", "times", "words"),
    [
        (CODES, TIMES[:2], "do not fit"),
        (CODES[:0], TIMES[:0], "do not fit"),
        (CODES, TIMES.flip(0), "strictly increasing"),
        (CODES, TIMES * torch.nan, "finite"),
        (CODES.to(torch.complex64), TIMES, "real numbers"),
        (CODES.double() * 1e300, TIMES, "codes must be finite"),
        (CODES.log(), TIMES, "codes must be finite; 1 values are not"),
    ],
)
def test_codes_that_make_no_sense_are_refused(
    tmp_path: Path, codes: torch.Tensor, times: torch.Tensor, words: str
) -> None:
    path = tmp_path / "codes.safetensors"
    save_file({"codes": codes.contiguous(), "times": times.contiguous()}, path)
    with pytest.raises(InputError, match=words):
        load_codes(path)


def test_what_is_no_file_of_codes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "codes.safetensors"
    with pytest.raises(InputError, match="no such file"):
        load_codes(path)
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="not a safetensors file"):
        load_codes(path)
    save_file({"times": TIMES, "z": CODES}, path)
    with pytest.raises(InputError, match="tensor codes missing; found times, z"):
        load_codes(path)
    save_file({"codes": CODES, "times": TIMES}, path, {"format": "dynode-codes/9"})
    with pytest.raises(InputError, match="'dynode-codes/9' is not known"):
        load_codes(path)


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceError, match="cannot be written"):
        save_codes(tmp_path / "file" / "codes.safetensors", Codes(CODES, TIMES))
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_variance_is_written_with_its_times(tmp_path: Path) -> None:
    path = tmp_path / "variance.safetensors"
    save_variance(path, CODES, TIMES)
    found = load_file(path)
    assert torch.equal(found["variance"], CODES) and torch.equal(found["times"], TIMES)
