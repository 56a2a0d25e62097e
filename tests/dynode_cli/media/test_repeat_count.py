"""How often animations play, and that what is made of them plays as often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from dynode_cli.media.reading.scan import Scan
from dynode_cli.media.repeat_count import plays_of
from dynode_cli.pipeline.plan import make_plan
from dynode_cli.requests.timing import Timed
from dynode_cli.synthetic.clips import moving_texture, write_clip

KINDS = ("gif", "webp", "apng")
ENCODERS = {"gif": ("gif", "rgb8"), "webp": ("libwebp_anim", "bgra"), "apng": ("apng", "rgb24")}
# How often it plays, and what the file says then: GIF counts repeats and says nothing where there are none.
GIF_NUMBERS = {0: "0", 1: "-1", 2: "1", 7: "6"}


def animation(path: Path, plays: int) -> Path:
    kind = path.suffix[1:]
    codec, pix_fmt = ENCODERS[kind]
    option = (
        {"plays": str(plays)} if kind == "apng" else {"loop": GIF_NUMBERS[plays] if kind == "gif" else str(plays)}
    )
    with av.open(str(path), "w", format=kind, container_options=option) as output:
        stream: Any = output.add_stream(codec, rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = pix_fmt
        for k, image in enumerate(moving_texture(4, size=(32, 32))):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = k, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def stored(path: Path) -> bytes | None:
    """The number of repeats or plays as it stands in the file; None if there is none."""
    data = path.read_bytes()
    mark, skip, size = {
        ".gif": (b"NETSCAPE2.0\x03\x01", 0, 2),
        ".webp": (b"ANIM\x06\0\0\0", 4, 2),
        ".apng": (b"acTL", 4, 4),
    }[path.suffix]
    if mark not in data:
        return None
    at = data.index(mark) + len(mark) + skip
    return data[at : at + size]


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_an_animation_made_of_another_plays_as_often(
    tmp_path: Path, render: Callable[..., Any], source: str, target: str
) -> None:
    for plays, gif in ((0, b"\0\0"), (1, None), (7, b"\x06\0")):
        clip = animation(tmp_path / f"in-{plays}.{source}", plays)
        out = tmp_path / f"out-{plays}.{target}"
        assert render(clip, out, Fraction(20)).info.plays == plays
        number = plays.to_bytes(4 if target == "apng" else 2, "big" if target == "apng" else "little")
        assert stored(out) == (gif if target == "gif" else number)


@pytest.mark.parametrize("target", KINDS)
def test_what_is_made_of_a_video_plays_for_ever(tmp_path: Path, render: Callable[..., Any], target: str) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(3, size=(32, 32)))
    out = tmp_path / f"out.{target}"
    assert plays_of(clip) is None
    assert render(clip, out, Fraction(25)).info.plays == 0
    assert set(stored(out) or b"?") == {0}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path, kind: str) -> None:
    whole = animation(tmp_path / f"whole.{kind}", 7).read_bytes()
    part = tmp_path / "part"
    found = set()
    for length in range(0, 900, 3):
        part.write_bytes(whole[:length])
        found.add(plays_of(part))
    assert found <= {None, 0, 1, 7} and 7 in found


def test_a_loop_made_of_what_plays_once_plays_for_ever(tmp_path: Path, look: Callable[..., Any]) -> None:
    found: Scan = look(animation(tmp_path / "in.gif", 1), detect_cuts=False).scan
    assert make_plan(found, Timed(fps="20")).info == replace(found.info, plays=1)
    assert make_plan(found, Timed(fps="20"), loops=True).info.plays == 0
