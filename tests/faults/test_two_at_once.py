"""Two of us at once, in the same folder and with the same home."""

from __future__ import annotations

from tests.faults.conftest import Place, ended


def test_two_runs_with_outputs_of_their_own_do_not_disturb_each_other(place: Place) -> None:
    pair = [place.start("interpolate", place.clip, "--fps", "2x", "-o", name) for name in ("a.mkv", "b.mkv")]
    assert [ended(process).code for process in pair] == [0, 0]
    assert place.left() == {"a.mkv", "b.mkv"}
    assert (place.folder / "a.mkv").stat().st_size == (place.folder / "b.mkv").stat().st_size
