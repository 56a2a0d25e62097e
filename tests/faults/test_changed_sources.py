"""A source that is replaced while a run reads it ends the run, whenever that is."""

from __future__ import annotations

import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.faults.conftest import Place, ended, once


@pytest.mark.parametrize("how", ["replaced", "cut", "removed"])
def test_a_source_that_changes_during_the_run_ends_it_in_one_line(place: Place, how: str) -> None:
    other = write_clip(place.folder / "home.mkv", moving_texture(40, size=(96, 128), seed=5))
    other = other.rename(place.folder.parent / "other.mkv")
    process = place.start("interpolate", place.clip, "--fps", "8x", "-o", "out.mkv")
    once(lambda: bool(place.left()), process)
    if how == "replaced":
        other.replace(place.clip)
    elif how == "cut":
        with place.clip.open("r+b") as file:
            file.truncate(place.clip.stat().st_size // 2)
    else:
        place.clip.unlink()
    run = ended(process)
    assert run.code == 3 and "in.mkv: " in run.told and "while it was read" in run.told
    assert "out.mkv" not in place.left()
