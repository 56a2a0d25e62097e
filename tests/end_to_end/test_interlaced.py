"""Interlaced clips: what the commands make of them, and what they say."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from dynode_cli import UsageError, evaluate, interpolate
from dynode_metrics.psnr import psnr
from tests.dynode_cli.media.reading.interlaced import COUNT, fields, write_interlaced
from tests.end_to_end.program import Dynode

TOLD = f"{COUNT} frames deinterlaced"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_interlaced(tmp_path / "clip.mkv", fields())


def luma(path: Path) -> list[object]:
    with av.open(str(path)) as container:
        assert not any(frame.interlaced_frame for frame in container.decode(video=0))
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def test_interpolated_frames_have_no_comb_teeth(dynode: Dynode, clip: Path) -> None:
    lossless = ("--codec", "ffv1", "--pix-fmt", "bgr0")
    made = dynode("interpolate", clip, "--fps", "2x", "-o", "whole.mkv", *lossless)
    assert made.code == 0 and TOLD in made.err
    off = dynode("interpolate", clip, "--fps", "2x", "-o", "combed.mkv", "--deinterlace", "off", *lossless)
    assert off.code == 0 and "deinterlaced" not in off.err
    truth = dynode("interpolate", clip, "--fps", "source", "-o", "source.mkv", *lossless)
    assert truth.code == 0
    whole, combed, source = luma(Path("whole.mkv")), luma(Path("combed.mkv")), luma(Path("source.mkv"))
    assert len(whole) == 2 * COUNT
    assert all((whole[2 * k] == source[k]).all() for k in range(COUNT)), "source frames come back, deinterlaced"
    pictures = [(picture @ [0.299, 0.587, 0.114]).round().astype("uint8") for picture in fields()]
    for k in range(4, 2 * COUNT - 4):
        # Output frame k shows the time of field k.
        assert psnr(pictures[k], whole[k]) > psnr(pictures[k], combed[k]) + 5


def test_the_plan_and_the_facts_say_so(dynode: Dynode, clip: Path) -> None:
    plan = dynode("interpolate", clip, "--dry-run", "--json").data
    assert plan["deinterlaced_frames"] == COUNT
    assert dynode("interpolate", clip, "-n", "--json", "--deinterlace", "off").data["deinterlaced_frames"] == 0
    assert f"deinterlaced frames  {COUNT}" in dynode("interpolate", clip, "-n").out
    facts = dynode("probe", clip, "--json").data
    assert facts["interlaced"] and facts["scan"]["interlaced_frames"] == COUNT
    assert "all frames flagged as interlaced" in dynode("probe", clip).out
    assert "first frame flagged as interlaced" in dynode("probe", clip, "--no-scan").out


def test_a_progressive_clip_is_left_alone(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("interpolate", carphone, "--end", "4f", "-o", "made.mp4")
    assert outcome.code == 0 and "interlac" not in outcome.err
    assert "frames are progressive" in dynode("probe", carphone).out


def test_scores_are_of_deinterlaced_frames(dynode: Dynode, clip: Path) -> None:
    outcome = dynode("eval", clip, "--methods", "blend,linear", "--json")
    assert outcome.code == 0 and TOLD in outcome.err
    combed = evaluate(clip, methods=["blend"], deinterlace="off")
    assert (outcome.data["deinterlaced"], combed.deinterlaced) == (COUNT, 0)
    assert outcome.data["scores"][0]["psnr"] != combed.scores[0].psnr


def test_the_same_from_python(clip: Path) -> None:
    interpolate(clip, "made.mkv", fps="source", deinterlace="on")
    with pytest.raises(UsageError, match="--deinterlace never: must be one of auto, on, off"):
        interpolate(clip, "other.mkv", deinterlace="never")  # type: ignore[arg-type]
