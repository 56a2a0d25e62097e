"""Without standard streams the work is done all the same."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Place


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]], ids=str)
def test_a_run_without_standard_streams_makes_its_video(place: Place, closed: list[int]) -> None:
    process = place.start("interpolate", place.clip, "--fps", "source", "-o", "out.mkv", closed=closed)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert place.left() == {"out.mkv"}
