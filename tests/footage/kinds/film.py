"""When pictures were taken: film in video, telecine of both kinds, fields, repeats at the same rate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from dynode_cli.synthetic.clips import write_clip
from tests.dynode_cli.media.reading.interlaced import telecined, weave, write_fields
from tests.footage.made import Footage, Writer, evenly, scene
from tests.footage.table import Input, Row

F = Fraction
FILM = F(24)
NTSC_FILM = F(24000, 1001)
NTSC = F(30000, 1001)
COUNT = 48
SIZE = (64, 96)
PLAIN: dict[str, Any] = {"codec": "ffv1", "pix_fmt": "bgr0"}
UNEVEN = r"frames a second shown at .*--cadence off"
FIELDS = r"deinterlaced, each field a picture"
WOVEN = r"put together of the fields of two \(hard telecine\)"
WHOLE = r"flagged as interlaced, but whole"


def film(rate: Fraction, count: int = COUNT) -> Sequence[Any]:
    return scene(evenly(count, rate), size=SIZE, white=())


def truth(path: Path, pictures: Sequence[Any], rate: Fraction, end: Fraction) -> Footage:
    """What is to be seen: every picture once, when it was taken."""
    return Footage(path=path, frames=pictures, times=evenly(len(pictures), rate), end=end, flashes=(), beeps=False)


def pulled_down(name: str, rate: Fraction, shown: Fraction, count: int = COUNT) -> Writer:
    """Film whose frames are shown again so that they fill a video of another rate."""

    def write(folder: Path) -> Footage:
        pictures = film(rate, count)
        slots = int(count * shown / rate)
        frames = [pictures[int(k * rate / shown)] for k in range(slots)]
        path = write_clip(folder / name, frames, rate=shown, **PLAIN)
        return truth(path, pictures, rate, slots / shown)

    return write


def soft_telecined(folder: Path) -> Footage:
    """Frames that stay for three and two fields in turn."""
    pictures = film(NTSC_FILM)
    field = F(1001, 60_000)
    pts = [(k // 2 * 5 + k % 2 * 3) * 1001 for k in range(COUNT)]
    path = write_clip(folder / "in.mp4", pictures, rate=NTSC, pts=pts, time_base=F(1, 60_000))
    return truth(path, pictures, NTSC_FILM, (COUNT // 2 * 5) * field)


def hard_telecined(name: str, *, top_first: bool) -> Writer:
    def write(folder: Path) -> Footage:
        pictures = film(NTSC_FILM)
        frames = telecined(pictures, top_first=top_first)
        path = write_fields(folder / name, frames, rate=NTSC, top_first=top_first)
        return truth(path, pictures, NTSC_FILM, len(frames) / NTSC)

    return write


def flagged(folder: Path) -> Footage:
    """Film of 25 frames a second whose frames are only coded as interlaced (2:2)."""
    pictures = film(F(25))
    return truth(write_fields(folder / "in.mp4", pictures), pictures, F(25), F(COUNT, 25))


def of_fields(name: str, rate: Fraction, *, top_first: bool) -> Writer:
    """Video of `rate` frames a second whose fields are of two moments each."""

    def write(folder: Path) -> Footage:
        pictures = film(2 * rate)
        frames = [weave(*pair, top_first=top_first) for pair in zip(pictures[::2], pictures[1::2], strict=True)]
        path = write_fields(folder / name, frames, rate=rate, top_first=top_first)
        return truth(path, pictures, 2 * rate, COUNT / (2 * rate))

    return write


def on_twos(folder: Path) -> Footage:
    drawings = film(F(12), COUNT // 2)
    path = write_clip(folder / "in.mkv", [drawings[k // 2] for k in range(COUNT)], rate=FILM, **PLAIN)
    return truth(path, drawings, F(12), COUNT / FILM)


ROWS = (
    Row(
        kind="film in video: 24 frames a second in 25, 30, 50 or 60 (also 23.976 in 29.97), screens captured in 3:2",
        awkward="some frames are shown again, so that motion hitches at each of them",
        does="finds the cadence, gives each frame the time at which it was taken and keeps length and sound; at the rate "
        "of the film its frames come out as they are; `probe` shows the evidence, `--cadence` says or denies it",
        inputs=(
            Input(
                name="24-in-25.mkv",
                write=pulled_down("in.mkv", FILM, F(25), 96),
                fps="24",
                told=[UNEVEN],
                probed=["cadence +24 frames a second shown at 25"],
            ),
            Input(name="24-in-30.mkv", write=pulled_down("in.mkv", FILM, F(30)), fps="24", told=[UNEVEN]),
            Input(name="24-in-60.mkv", write=pulled_down("in.mkv", FILM, F(60)), fps="24", told=[UNEVEN]),
            Input(
                name="23.976-in-29.97.mkv",
                write=pulled_down("in.mkv", NTSC_FILM, NTSC),
                fps="24000/1001",
                told=[UNEVEN],
                probed=["cadence +23.976 frames a second shown at 29.97"],
            ),
        ),
    ),
    Row(
        kind="film on DVD with soft telecine",
        awkward="frames are shown for three and two fields in turn: a clock that no frame follows",
        does="takes the rate of the film for that of the source, and its even clock",
        inputs=(Input(name="soft-telecine.mp4", write=soft_telecined, fps="source", rate=NTSC_FILM, told=[UNEVEN]),),
    ),
    Row(
        kind="film on tape, television and DVD with hard telecine (2:3)",
        awkward="two of every five frames hold fields of two pictures of the film",
        does="puts the fields together that belong together, without deinterlacing, and gives frames their own times",
        inputs=tuple(
            Input(
                name=f"hard-telecine-{order}.mp4",
                write=hard_telecined("in.mp4", top_first=order == "top"),
                fps="24000/1001",
                told=[WOVEN, WHOLE, UNEVEN],
                probed=["24 frames of hard telecine, 36 frames whole"],
            )
            for order in ("top", "bottom")
        ),
    ),
    Row(
        kind="film of 25 frames a second that is flagged as interlaced (2:2, PsF)",
        awkward="deinterlacing would take half of its rows away",
        does="sees that both fields are of one picture, and leaves frames as they are",
        inputs=(Input(name="flagged.mp4", write=flagged, fps="source", told=[WHOLE]),),
    ),
    Row(
        kind="interlaced video (DV, DVD, 1080i)",
        awkward="every second row was taken half a frame later",
        does="makes a picture of each field at its own time (FFmpeg's bwdif): 50i becomes 50p without one made up",
        inputs=(
            # Rows that bwdif makes anew are not those that were there: 1.5 levels at most here.
            Input(
                name="50i.mkv", write=of_fields("in.mkv", F(25), top_first=True), colours=1.5, fps="50", told=[FIELDS]
            ),
            Input(
                name="59.94i.mp4",
                write=of_fields("in.mp4", NTSC, top_first=False),
                colours=1.5,
                fps="60000/1001",
                told=[FIELDS],
            ),
        ),
    ),
    Row(
        kind="drawings on twos and threes",
        awkward="every drawing is shown two or three times, so that motion goes in steps at any rate",
        does="takes each drawing once, at its time; `--fps source` makes the motion even at the same rate; "
        "a drawing that stays for more than five frames rests",
        inputs=(
            Input(
                name="on-twos.mkv",
                write=on_twos,
                fps="24",
                told=["repeat the one before"],
                probed=["--fps source makes the motion even"],
            ),
        ),
    ),
)
