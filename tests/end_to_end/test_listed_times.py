"""`--times` and what is heard beside the frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dynode_cli.media.carried.sounds import beeps, heard, onsets, write_sounding
from tests.end_to_end.program import Dynode, frame_times

RATE = 48000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds, with beeps at 0.3, 1.05 and 1.6 s."""
    return write_sounding(tmp_path / "clip.mp4", beeps(2, [0.3, 1.05, 1.6], RATE), RATE)


def test_sound_begins_and_ends_with_the_listed_times(dynode: Dynode, clip: Path) -> None:
    Path("times.txt").write_text("1.0\n1.1\n1.2\n1.3\n")
    made = Path("made.mp4")
    outcome = dynode("interpolate", clip, "--times", "times.txt", "-o", made)
    assert outcome.code == 0, outcome.err
    assert [float(time) for time in frame_times(made)] == pytest.approx([0, 0.1, 0.2, 0.3], abs=1e-4)
    sound, rate = heard(made)
    assert onsets(sound, rate, [0.05], within=0.04) == pytest.approx([0.05], abs=0.01)
    # The last frame ends 0.04 s after 1.3 s; one packet of sound may go beyond.
    assert 0.3 < len(sound) / rate < 0.34 + 2 * 1024 / RATE


def test_times_from_the_first_frame_on_keep_the_sound_of_the_source(dynode: Dynode, clip: Path) -> None:
    Path("times.txt").write_text("0 0.4 1.96")
    assert dynode("interpolate", clip, "--times", "times.txt", "-o", "made.mp4").code == 0
    sound, rate = heard(Path("made.mp4"))
    times = [0.3, 1.05, 1.6]
    assert onsets(sound, rate, times, within=0.04) == pytest.approx(times, abs=0.01)
