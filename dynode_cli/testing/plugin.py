"""The pytest plugin: fixtures for the tests of plugins. pytest finds it by itself wherever dynode is installed.

Nothing heavy is imported until a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dynode_cli.synthetic.awkward import SyntheticVideo
    from dynode_cli.testing.program import Outcome


@pytest.fixture(scope="session")
def dynode_clips_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the synthetic clips of this run are written."""
    return tmp_path_factory.mktemp("dynode-clips")


def _clip(name: str, holds: str) -> Callable[[Path], SyntheticVideo]:
    """A fixture that writes the clip `name` of :mod:`dynode_cli.synthetic.awkward` once a session."""

    def written(dynode_clips_folder: Path) -> SyntheticVideo:
        from dynode_cli.synthetic import awkward

        clip: SyntheticVideo = getattr(awkward, name)(dynode_clips_folder)
        return clip

    written.__doc__ = holds
    return pytest.fixture(scope="session")(written)


dynode_moving_clip = _clip("moving", "A texture with known motion: 8 frames of 96 x 64 at 25 a second.")
dynode_vfr_clip = _clip("variable_rate", "A clip of variable frame rate.")
dynode_gap_clip = _clip("gap", "A clip that lost a quarter of a second.")
dynode_rotated_clip = _clip("rotated", "A clip that players turn by 90 degrees.")
dynode_two_shot_clip = _clip("with_cut", "Two shots of ten frames each.")
dynode_duplicates_clip = _clip("with_repeats", "A clip in which two frames repeat the one before.")
dynode_alpha_clip = _clip("transparent", "A clip with transparency.")
dynode_face_clip = _clip("face", "A drawn face that moves and opens its mouth.")


@pytest.fixture
def dynode_home(tmp_path: Path) -> Iterator[Path]:
    """A home for dynode of the test's own; no other ``DYNODE_`` variable is set."""
    from dynode_cli.testing.program import private_home

    with private_home(tmp_path / "dynode-home") as home:
        yield home


@pytest.fixture
def dynode_run(dynode_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs the program in an empty folder: ``dynode_run("plugins", "list", "--json").data``."""
    from dynode_cli.testing.program import run_program

    monkeypatch.chdir(tmp_path)
    return run_program


@pytest.fixture
def dynode_fakes(dynode_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program knows the fakes: every kind of implementation is there as ``fake``."""
    from dynode_cli.conformance.fakes import PLUGIN
    from dynode_cli.plugin_host.host import load_host

    folder = tmp_path / "dynode-fakes"
    folder.mkdir()
    (folder / "fakes.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    load_host.cache_clear()
