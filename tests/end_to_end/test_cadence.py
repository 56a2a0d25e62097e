"""Film in video: every output frame is the film at its time, although the video shows some frames longer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip
from dynode_metrics.psnr import psnr
from tests.dynode_cli.media.reading.interlaced import fields, telecined, write_fields, write_interlaced
from tests.end_to_end.program import Dynode

SIZE = (96, 128)
SPEED = (2.0, 0.5)
"""Pixels a frame of film."""
FILM = Fraction(24)
LOSSLESS = {"codec": "ffv1", "pix_fmt": "bgr0"}


def film(count: int) -> list[Any]:
    return moving_texture(count, size=SIZE, velocity=SPEED)


def truth(times: Sequence[Fraction], rate: Fraction = FILM) -> list[Any]:
    """The film at `times`, seconds."""
    return moving_texture(0, size=SIZE, velocity=SPEED, times=[float(time * rate) for time in times])


def read(path: Path) -> list[tuple[Fraction, Any]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        assert base is not None
        return [(frame.pts * base, frame.to_ndarray(format="rgb24")) for frame in container.decode(stream)]


def worst(path: Path, skip: int = 2, rate: Fraction = FILM) -> float:
    """PSNR of the worst frame against the film at its time, but for the last ones, which are held."""
    shown = read(path)[:-skip]
    true = truth([time for time, _ in shown], rate)
    return min(psnr(picture, frame) for (_, frame), picture in zip(shown, true, strict=True))


def rendered(dynode: Dynode, clip: Path, rate: str, *options: str) -> Path:
    out = clip.with_name(f"{clip.stem}-{rate.replace('/', '-')}{''.join(options)}.mkv")
    outcome = dynode("interpolate", clip, "--fps", rate, "-o", out, "--codec", "ffv1", *options)
    assert outcome.code == 0, outcome.err
    return out


def pulled_down(shown: int, count: int) -> list[Any]:
    frames = film(count)
    return [frames[int(k * FILM / shown)] for k in range(int(count * shown / FILM))]


@pytest.mark.parametrize(("shown", "fps"), [(25, "50"), (30, "60"), (60, "60")])
def test_film_in_video_moves_evenly(dynode: Dynode, tmp_path: Path, shown: int, fps: str) -> None:
    clip = write_clip(
        tmp_path / "clip.mkv", pulled_down(shown, 80 if shown == 25 else 40), rate=Fraction(shown), **LOSSLESS
    )
    even, as_shown = rendered(dynode, clip, fps), rendered(dynode, clip, fps, "--cadence", "off")
    assert worst(even, skip=8) > 38
    assert worst(as_shown, skip=8) < 33
    assert [time for time, _ in read(even)] == [time for time, _ in read(as_shown)]
    (found,) = json.loads(dynode("probe", clip, "--json").out)["scan"]["cadences"]
    assert (found["taken_rate"], found["shown_rate"]) == ("24", str(shown)) and found["repeats_seen"] >= 2


def test_at_the_rate_of_the_film_its_frames_come_out_as_they_are(dynode: Dynode, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", pulled_down(30, 48), rate=Fraction(30), **LOSSLESS)
    shown = read(rendered(dynode, clip, "24"))
    assert len(shown) == 48
    assert all((frame == picture).all() for (_, frame), picture in zip(shown, film(48), strict=True))


def test_soft_telecine(dynode: Dynode, tmp_path: Path) -> None:
    """Frames that stay for two and three fields in turn; the rate of the source is that of the film."""
    pts = [k // 2 * 5 + k % 2 * 3 for k in range(48)]
    clip = tmp_path / "soft.mkv"
    write_clip(clip, film(48), rate=Fraction(30), pts=pts, time_base=Fraction(1, 60), **LOSSLESS)
    assert worst(rendered(dynode, clip, "60"), skip=4) > 38
    found = json.loads(dynode("probe", clip, "--json").out)["scan"]
    assert found["rate"] == "24" and found["cadences"][0]["taken_rate"] == "24"
    assert len(read(rendered(dynode, clip, "source"))) == 48


@pytest.mark.parametrize("top_first", [True, False])
def test_hard_telecine_is_undone(dynode: Dynode, tmp_path: Path, top_first: bool) -> None:
    frames = telecined(film(48), top_first=top_first)
    clip = write_fields(tmp_path / "tele.mp4", frames, rate=Fraction(30), top_first=top_first)
    assert worst(rendered(dynode, clip, "60"), skip=5) > 37
    found = json.loads(dynode("probe", clip, "--json").out)["scan"]
    assert found["whole_interlaced_frames"] == 60 and 20 <= found["telecined_frames"] <= 24
    assert found["cadences"][0]["taken_rate"] == "24"
    # At the rate of the film each is a picture of it, whole.
    shown = read(rendered(dynode, clip, "24"))
    assert len(shown) == 48
    assert min(psnr(a, b) for (_, a), b in zip(shown[:-1], film(48), strict=False)) > 40


def test_film_that_is_only_flagged_as_interlaced_stays_as_it_is(dynode: Dynode, tmp_path: Path) -> None:
    pictures = film(24)
    clip = write_fields(tmp_path / "psf.mp4", pictures)
    outcome = dynode("interpolate", clip, "--fps", "50", "-o", tmp_path / "out.mkv", "--codec", "ffv1")
    assert "24 frames flagged as interlaced, but whole" in outcome.err
    shown = read(tmp_path / "out.mkv")
    assert min(psnr(frame, picture) for (_, frame), picture in zip(shown[::2], pictures, strict=True)) > 42


def test_fields_are_pictures_at_their_own_times(dynode: Dynode, tmp_path: Path) -> None:
    """Frame k of 50p is field k, and as good as the other ones: no field is thrown away and made anew."""
    pictures = fields()
    clip = write_interlaced(tmp_path / "50i.mkv", pictures)
    outcome = dynode("interpolate", clip, "--fps", "50", "-o", tmp_path / "out.mkv", "--codec", "ffv1")
    assert outcome.code == 0 and "each field a picture" in outcome.err
    shown = read(tmp_path / "out.mkv")
    assert [time for time, _ in shown] == [Fraction(k, 50) for k in range(len(pictures))]
    figures = [psnr(frame, picture) for (_, frame), picture in zip(shown, pictures, strict=True)]
    assert np.mean(figures[1::2]) > np.mean(figures[::2]) - 0.5 and min(figures) > 38
    # At the rate of the frames, the first fields come out as they did.
    whole = rendered(dynode, clip, "25")
    assert all((a == b).all() for (_, a), (_, b) in zip(read(whole), shown[::2], strict=True))


@pytest.mark.filterwarnings("ignore:paint on a face")
def test_an_edit_keeps_the_frames_of_the_clip(dynode: Dynode, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", pulled_down(30, 24), rate=Fraction(30), **LOSSLESS)
    frame = av.VideoFrame.from_ndarray(_marked(pulled_down(30, 24)[0]), format="rgb24")
    frame.save(str(tmp_path / "mark.png"))
    options = ("-o", tmp_path / "out.mkv", "--codec", "ffv1", "--offline")
    outcome = dynode("edit", clip, "--image", tmp_path / "mark.png", "--at", "0", *options)
    assert outcome.code == 0, outcome.err
    assert "taken" not in outcome.err
    times = [time for time, _ in read(tmp_path / "out.mkv")]
    assert times == [time for time, _ in read(clip)]


def _marked(image: Any) -> Any:
    image = image.copy()
    image[40:50, 50:60] = (255, 0, 0)
    return image


def test_clips_without_a_cadence_do_not_change(dynode: Dynode, tmp_path: Path) -> None:
    """Neither an even clip nor one with a repeat here and there."""
    for name, repeats in (("even", ()), ("odd", (7, 18, 33))):
        frames = film(40)
        for index in repeats:
            frames[index] = frames[index - 1]
        clip = write_clip(tmp_path / f"{name}.mkv", frames, rate=Fraction(30), **LOSSLESS)
        found, off = rendered(dynode, clip, "60"), rendered(dynode, clip, "60", "--cadence", "off")
        assert all((a[1] == b[1]).all() and a[0] == b[0] for a, b in zip(read(found), read(off), strict=True))


def test_drawings_on_twos_move_evenly_at_their_own_rate(dynode: Dynode, tmp_path: Path) -> None:
    """`--fps source` replaces the repeats by frames between the drawings."""
    drawings = film(24)
    clip = write_clip(tmp_path / "twos.mkv", [drawings[k // 2] for k in range(48)], rate=FILM, **LOSSLESS)
    assert "--fps source makes the motion even" in dynode("probe", clip).out
    shown = read(rendered(dynode, clip, "source"))
    assert len(shown) == 48
    assert all(not (a[1] == b[1]).all() for a, b in pairwise(shown[:-2]))
    assert worst(rendered(dynode, clip, "source", "--force"), skip=4, rate=FILM / 2) > 38


@pytest.mark.parametrize(("word", "code"), [("24/25", 0), ("2:3", 0), ("auto", 0), ("fast", 2)])
def test_words(dynode: Dynode, tmp_path: Path, word: str, code: int) -> None:
    clip = write_clip(tmp_path / "clip.mkv", film(30), rate=Fraction(25), **LOSSLESS)
    outcome = dynode("interpolate", clip, "--cadence", word, "-o", tmp_path / "out.mkv")
    assert outcome.code == code
    if code:
        assert "--cadence fast: is no cadence" in outcome.err and "24/25" in outcome.err


def test_a_cadence_that_the_clip_contradicts_is_told_of(dynode: Dynode, tmp_path: Path) -> None:
    even = write_clip(tmp_path / "even.mkv", film(60), rate=Fraction(25), **LOSSLESS)
    told = dynode("interpolate", even, "--cadence", "24/25", "-o", tmp_path / "even-out.mkv").err
    assert "does not look like --cadence 24/25: 0 of 2 repeats seen" in told
    short = write_clip(tmp_path / "short.mkv", film(20), rate=Fraction(25), **LOSSLESS)
    told = dynode("interpolate", short, "--cadence", "24/25", "-o", tmp_path / "short-out.mkv").err
    assert "does not look like --cadence 24/25: 0 of 0 repeats seen" in told
    clip = write_clip(tmp_path / "clip.mkv", pulled_down(25, 58), rate=Fraction(25), **LOSSLESS)
    told = dynode("interpolate", clip, "--cadence", "24/25", "-o", tmp_path / "out.mkv").err
    assert "taken" in told and "does not look like" not in told
    told = dynode("interpolate", clip, "--fps", "source", "-o", tmp_path / "same.mkv").err
    assert "made anew, so that all are evenly spaced" in told and "only repeated" not in told


def test_a_part_too_short_to_show_a_cadence_says_so(dynode: Dynode, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", pulled_down(25, 100), rate=Fraction(25), **LOSSLESS)
    part = ("--start", "0.5s", "--end", "1.5s", "-o", tmp_path / "out.mkv", "--force")
    assert "does not show whether the clip has a cadence" in dynode("interpolate", clip, *part).err
    for more in (("--cadence", "24/25"), ("--cadence", "off")):
        assert "does not show" not in dynode("interpolate", clip, *part, *more).err
    even = write_clip(tmp_path / "even.mkv", film(50), rate=Fraction(25), **LOSSLESS)
    assert "does not show" not in dynode("interpolate", even, *part).err
