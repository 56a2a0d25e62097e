"""A disk that is full: refused in one line, and nothing is left at the output."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Place, ended


@pytest.mark.parametrize("output", ["out.mp4", "out.mkv", "out.mov", "out.gif", "frames/"])
@pytest.mark.parametrize("room", [0, 3000])
def test_no_room_for_the_output(place: Place, output: str, room: int) -> None:
    # Run directories need room too: what is kept there is small.
    run = ended(place.start("interpolate", place.clip, "--fps", "2x", "-o", output, file_size=max(room, 1500)))
    assert run.code in (1, 5) and "error: " in run.told
    assert place.left() == set()
