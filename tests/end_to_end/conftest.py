"""Small real clips and the program itself, run in-process."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynode_cli.cli import main
from tests.end_to_end.program import Dynode, Outcome, sample_clip, shrunk


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no settings file in sight."""
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DYNODE_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def dynode(capfd: pytest.CaptureFixture[str]) -> Dynode:
    """Runs ``dynode ARGUMENTS``; a traceback fails the test."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Outcome(code, out, err)

    return run


@pytest.fixture(scope="session")
def carphone() -> Path:
    """176 x 144, 120 frames at 30000/1001, no sound."""
    return sample_clip("carphone_pristine")


@pytest.fixture(scope="session")
def bunny_with_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 x 90, 132 frames at 25 fps of which 5 repeat the one before, with AAC sound."""
    sample = Path(__file__).resolve().parents[2] / "examples" / "big_buck_bunny.mp4"
    return shrunk(sample, tmp_path_factory.mktemp("clips") / "bunny.mp4", 160, 90)


@pytest.fixture(scope="session")
def bikes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 x 68, 250 frames at 25 fps, cuts after frames 29, 75, 136, 186 and 241."""
    return shrunk(sample_clip("bikes"), tmp_path_factory.mktemp("clips") / "bikes.mp4", 160, 68)
