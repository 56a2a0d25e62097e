"""What a run keeps is a convenience: where it cannot be kept or read, the run goes on."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode_cli.conformance.fakes import FakeGenerator
from dynode_cli.contracts import Context, Generator, Inversion, NoOptions
from dynode_cli.errors import InputError
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.run_directory import RunDirectory
from dynode_cli.saving.whole import write_chunks


class Tuned(FakeGenerator):
    """Has been tuned to a clip."""

    def bound_state(self) -> Mapping[str, Tensor]:
        return {"weight": torch.ones(2)}

    def bound(self, state: Mapping[str, Tensor]) -> Generator:
        return self


@pytest.fixture
def inversion() -> Inversion:
    generator = Tuned(NoOptions(), Context("cpu", 1 << 20, 0))
    return Inversion(torch.arange(3.0, dtype=torch.float64), torch.zeros(3, 4), generator, {})


@pytest.fixture
def run(clean: Path) -> RunDirectory:
    directory = RunDirectory(clean / "runs" / "clip")
    directory.begin({"request": {"source": "clip.mp4"}})
    return directory


def test_a_home_that_cannot_be_written_is_told_once(clean: Path, monkeypatch, inversion: Inversion) -> None:
    (clean / "file").touch()
    monkeypatch.setenv("DYNODE_HOME", str(clean / "file"))
    directory = RunDirectory(clean / "file" / "runs" / "run")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        directory.begin({})
        directory.save_inversion(0, inversion, "f")
        directory.write_report({})
    assert [str(warning.message) for warning in told] == [
        f"{clean}/file/runs cannot be written (Not a directory): what this run finds is not kept for later ones"
    ]
    assert directory.load_inversion(0, inversion.generator, "f") is None
    assert run_directory.all_runs() == []


@pytest.mark.parametrize("fails_at", [0, 1])
def test_a_disk_that_is_full_midway_costs_the_keeping_only(
    run: RunDirectory, monkeypatch, inversion: Inversion, fails_at: int
) -> None:
    """Codes without what was tuned for them would be rendered by another generator."""
    calls: list[str] = []

    def full(path: Path, chunks: Any, **how: Any) -> None:
        calls.append(path.name)
        if len(calls) > fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_chunks(path, chunks, **how)

    monkeypatch.setattr("dynode_cli.files.tensors.write_chunks", full)
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        run.save_inversion(0, inversion, "f")
    assert run.load_inversion(0, inversion.generator, "f") is None
    run.save_inversion(1, inversion, "f")
    assert len(calls) == fails_at + 1


@pytest.mark.parametrize("name", ["codes-0.safetensors", "tuned-0.safetensors"])
def test_what_is_damaged_is_made_anew(run: RunDirectory, inversion: Inversion, name: str) -> None:
    run.save_inversion(0, inversion, "f")
    assert run.load_inversion(0, inversion.generator, "f") is not None
    file = run.path / name
    file.write_bytes(file.read_bytes()[:-4])
    assert run.load_inversion(0, inversion.generator, "f") is None


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[1]"])
def test_a_configuration_that_is_damaged_is_told(run: RunDirectory, content: bytes) -> None:
    assert run.config()
    (run.path / run_directory.CONFIG).write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        run.config()
