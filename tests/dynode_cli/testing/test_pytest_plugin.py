"""The published pytest plugin: its fixtures, and that it costs nothing to those who do not use it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dynode_cli.synthetic import awkward as synthetic
from dynode_cli.synthetic.memory_clip import texture_clip

AUTHOR_TESTS = """
import sys

import pytest

from dynode_cli.conformance import DynamicsConformance
from dynode_cli.conformance.fakes import FakeDynamics


class TestMine(DynamicsConformance):
    implementation = FakeDynamics


def test_program(dynode_run):
    assert dynode_run("plugins", "list", "--json").code == 0
    assert dynode_run("plugins", "info", "nonsense").code == 4


def test_clips(dynode_vfr_clip, dynode_run):
    facts = dynode_run("probe", dynode_vfr_clip.path, "--json").data
    assert facts
"""


def test_it_is_registered_for_pytest_to_find() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {"dynode": "dynode_cli.testing.plugin"}


def test_loading_it_imports_nothing_heavy() -> None:
    script = (
        "import sys, dynode_cli.testing.plugin as plugin;"
        "print(*sorted({'torch', 'av', 'cv2', 'numpy', 'typer', 'pluggy'} & set(sys.modules) - {'pluggy'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_an_authors_tests_run_with_it(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(AUTHOR_TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "dynode_cli.testing.plugin", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def _decoded(path: Path) -> tuple[list[np.ndarray], list[Fraction]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        pictures = [frame.to_ndarray(format="rgba" if "a" in frame.format.name else "rgb24") for frame in frames]
        return pictures, [frame.pts * stream.time_base for frame in frames]


@pytest.mark.parametrize(
    "make",
    [
        synthetic.moving,
        synthetic.variable_rate,
        synthetic.gap,
        synthetic.rotated,
        synthetic.with_cut,
        synthetic.with_repeats,
        synthetic.transparent,
        synthetic.face,
    ],
)
def test_a_clip_is_what_it_says(make, tmp_path: Path) -> None:
    clip = make(tmp_path)
    frames, times = _decoded(clip.path)
    assert times == list(clip.times)
    for found, drawn in zip(frames, clip.frames, strict=True):
        # Colour is stored at half resolution, and not everywhere with a tag for its matrix.
        assert np.abs(found[..., :3].astype(int) - drawn[..., :3]).mean() < 6
    for index in clip.duplicates:
        assert np.array_equal(frames[index], frames[index - 1])
    for index in clip.cuts:
        assert np.abs(frames[index].astype(int) - frames[index - 1]).mean() > 50


def test_what_moves_keeps_its_speed_in_uneven_clips(tmp_path: Path) -> None:
    clip = synthetic.gap(tmp_path)
    before, after = clip.frames[3], clip.frames[4]
    right, down = (round(v * float((clip.times[4] - clip.times[3]) * 25)) for v in clip.velocity)
    assert (right, down) == (14, 7)
    assert np.array_equal(after[down:, right:], before[:-down, :-right])


def test_the_program_knows_what_is_in_them(
    dynode_run, dynode_two_shot_clip, dynode_duplicates_clip, dynode_rotated_clip
) -> None:
    shots = dynode_run("probe", dynode_two_shot_clip.path, "--json").data["scan"]["shots"]
    assert [shot["frames"][0] for shot in shots[1:]] == list(dynode_two_shot_clip.cuts)
    found = dynode_run("probe", dynode_duplicates_clip.path, "--json").data["scan"]["duplicates"]
    assert found == list(dynode_duplicates_clip.duplicates)
    outcome = dynode_run("interpolate", dynode_rotated_clip.path, "--fps", "50", "-o", "out.mp4", "--json")
    assert outcome.code == 0, outcome.err


def test_the_home_of_a_test_is_its_own(dynode_run, dynode_home: Path, monkeypatch) -> None:
    facts = dynode_run("doctor", "--json").data
    assert str(dynode_home) in str(facts)
    assert [name for name in os.environ if name.startswith("DYNODE_")] == ["DYNODE_HOME"]


def test_clips_in_memory() -> None:
    clip = texture_clip([0.0, 0.04, 0.12], velocity=(25.0, 50.0))
    assert clip.size == (32, 48) and len(clip) == 3 and clip.frames.shape == (3, 3, 32, 48)
    assert np.allclose(clip.frame(1)[:, 2:, 1:], clip.frame(0)[:, :-2, :-1], atol=1 / 255)
    window = clip.window(1, 2)
    assert list(window.numbers) == [1, 2] and window.times.tolist() == [0.04, 0.12]
    with pytest.raises(ValueError, match="3 frames, 2 times"):
        type(clip)(clip.frames, [0.0, 1.0])
