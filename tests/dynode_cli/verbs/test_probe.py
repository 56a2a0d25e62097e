"""``probe`` as a function: what the command prints, as values."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dynode_cli import Frames, InputError, Probed, probe
from dynode_cli.synthetic.clips import moving_texture, write_clip

CLIP = np.stack(moving_texture(6, size=(40, 64)))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mkv", list(CLIP), rate=Fraction(24000, 1001), codec="ffv1", pix_fmt="bgr0")


def test_a_file(clip: Path) -> None:
    found = probe(clip)
    assert isinstance(found, Probed)
    assert found.info.average_rate == Fraction(24000, 1001)
    assert found.scan is not None
    assert len(found.scan) == 6
    facts = found.to_json()
    assert facts["scan"]["rate"] == "24000/1001"
    assert json.loads(json.dumps(facts)) == facts


def test_headers_only(clip: Path) -> None:
    found = probe(clip, scan=False)
    assert found.scan is None
    assert found.to_json()["scan"] is None
    assert "\n" not in repr(found)


def test_the_command_prints_it(clip: Path, dynode) -> None:
    assert json.loads(dynode("probe", str(clip), "--json").out) == probe(str(clip)).to_json()


def test_frames_in_memory_have_the_same_facts(clip: Path) -> None:
    file = probe(clip).to_json()
    memory = probe(Frames(CLIP, rate="24000/1001")).to_json()
    assert set(memory) == set(file)
    assert set(memory["scan"]) == set(file["scan"])
    assert memory["scan"]["duration"] == "1001/4000"
    assert memory["scan"]["shots"] == [{"frames": [0, 6], "start": "0", "end": "1001/4000"}]


def test_what_it_shows_is_a_few_lines() -> None:
    assert repr(probe(Frames(CLIP, rate=25, name="walk"))) == (
        "walk: memory, rawvideo, 64 x 40, gbrp, 25 frames a second\n"
        "6 frames in 0.240 s, even spacing\n"
        "1 shot, 0 duplicates, 0 rests, 0 lost"
    )


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        probe(tmp_path / "absent.mp4")
