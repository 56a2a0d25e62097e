"""Clocks: order of display, uneven and stated rates, gaps, joins, edit lists, starts that are not 0."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.footage.faults import (
    Change,
    as_it_is,
    cut_off,
    emptied,
    emptied_in_avi,
    indexed_wrongly,
    joined,
    moved,
    torn,
)
from tests.footage.made import evenly, written
from tests.footage.table import Input, Row

F = Fraction
LINES = [(0.1, 0.35, "one"), (0.44, 0.7, "two")]
TAGS = {"title": "a film"}
NTSC = F(30000, 1001)
B_FRAMES = {"qp": "1", "preset": "medium", "bf": "3", "g": "12", "x264-params": "b-adapt=0:scenecut=0"}
SHORT_GOPS = {"qp": "0", "preset": "ultrafast", "g": "5"}
RAW_420 = {"pix_fmt": "yuv420p"}
PLAIN_MPEG2 = {
    "codec": "mpeg2video",
    "loss": 6,
    "options": {"flags": "+qscale", "global_quality": "236", "bf": "2"},
}
ORDER = "frames with the time stamp of another; shown in their order"
JUMP = r"the clock jumps by .* closed"


def ntsc(
    name: str, file: str, rate: Fraction, target: str, sound: str | None = None, *changes: Change, **recorded: Any
) -> Input:
    """A file at `rate` that is twice as fast afterwards."""
    return Input(
        name=name,
        write=written(file, *changes, rate=rate, sound=sound, **RAW_420 | recorded),
        target=target,
        rate=2 * rate,
        told=["without a time stamp; spaced evenly"] if name in ("bare.h264", "bare.hevc") else [],
    )


ROWS = (
    Row(
        kind="AVI and WMV (ASF) with B-frames",
        awkward="these containers know only the order in which frames are decoded, so that stamps go back and forth",
        does="shows frames in ascending order of the stamps, says how many had another's, keeps sound with them",
        inputs=(
            Input(
                name="b-frames.avi",
                write=written("in.avi", sound="pcm_s16le", options=B_FRAMES, loss=6, **RAW_420),
                target="out.mp4",
                told=[ORDER],
            ),
            *(
                Input(
                    name=f"b-frames-mp3.avi-to{target[3:]}",
                    write=written("in.avi", sound="libmp3lame", options=B_FRAMES, loss=6, **RAW_420),
                    target=target,
                    told=[ORDER],
                )
                for target in ("out.mp4", "out.mkv", "out.ts")
            ),
            Input(
                name="b-frames-divx.avi",
                write=written(
                    "in.avi",
                    sound="libmp3lame",
                    codec="mpeg4",
                    loss=6,
                    options={"bf": "2", "flags": "+qscale", "global_quality": "236"},
                ),
                fps="source",
            ),
            *(
                Input(
                    name=f"no-b-frames-mp3.avi{part}",
                    write=written("in.avi", sound="libmp3lame", options={"qp": "1", "bf": "0"}, loss=6, **RAW_420),
                    more=more,
                    begin=Fraction(0 if not more else 8, 25),
                )
                for part, more in (("", ()), ("-part", ("--start", "0.32s")))
            ),
            Input(
                name="b-frames.wmv",
                fps="source",
                write=written("in.wmv", as_it_is, sound="libmp3lame", options=B_FRAMES, loss=6, **RAW_420),
                target="out.mp4",
                told=[ORDER],
            ),
        ),
    ),
    Row(
        kind="recordings joined into one transport or program stream (`cat a.ts b.ts`, DVR, VOB)",
        awkward="the clock of the whole file falls back or jumps ahead at the join",
        does="finds the jump once, over all streams, takes it out of pictures, sound and what is beside them alike, "
        "and tells of it; `--gaps keep` or `close` decides about real gaps",
        inputs=(
            Input(
                name="join-back.ts",
                write=joined("in.ts", [F(100), F(10)], sound="aac", options=SHORT_GOPS, **RAW_420),
                target="out.mp4",
                told=[JUMP],
                probed=["clock repaired at 1 join"],
            ),
            Input(
                name="join-ahead.ts",
                write=joined("in.ts", [F(10), F(52)], sound="mp2", options=SHORT_GOPS, **RAW_420),
                fps="source",
                told=[JUMP],
                probed=["clock repaired at 1 join"],
            ),
            Input(
                name="join-three.ts",
                write=joined("in.ts", [F(100), F(10), F(300)], sound="ac3", options=SHORT_GOPS, **RAW_420),
                fps="source",
                told=[JUMP],
                probed=["clock repaired at 2 joins"],
            ),
            Input(
                name="join-start.ts",
                write=joined("in.ts", [F(100), F(10)], sound="aac", options=SHORT_GOPS, **RAW_420),
                target="out.mp4",
                more=["--start", "0.4s"],
                begin=F(2, 5),
                told=[JUMP],
            ),
            Input(
                name="join-start-behind.ts",
                write=joined("in.ts", [F(100), F(10)], sound="aac", options=SHORT_GOPS, **RAW_420),
                fps="source",
                more=["--start", "0.88s"],
                begin=F(22, 25),
                told=[JUMP],
            ),
            Input(
                name="join.vob",
                write=joined("in.vob", [F(0), F(0)], sound="mp2", **PLAIN_MPEG2),
                target="out.avi",
                fps="source",
                told=[JUMP, "encoded again as aac"],
                probed=["clock repaired at 1 join"],
            ),
            Input(
                name="gap-kept.ts",
                write=joined(
                    "in.ts", [F(10), F(13)], gaps=[F(0), F(11, 5)], sound="mp2", options=SHORT_GOPS, **RAW_420
                ),
                target="out.mp4",
                fps="source",
                more=["--gaps", "keep"],
            ),
            Input(
                name="gap-closed.ts",
                write=joined("in.ts", [F(10), F(13)], sound="mp2", options=SHORT_GOPS, **RAW_420),
                target="out.mp4",
                fps="source",
                more=["--gaps", "close"],
                told=[JUMP],
            ),
            *(
                Input(
                    name=f"gap-closed{suffix}-to{target[3:]}",
                    write=written(
                        f"whole{suffix}",
                        torn(F(2, 5), F(2), f"in{suffix}"),
                        sound=sound,
                        subtitles=lines,
                        tags=TAGS,
                        chapters=[(0.0, 0.4, "first"), (0.4, 0.8, "second")],
                        options=SHORT_GOPS,
                        **RAW_420,
                    ),
                    target=target,
                    fps="source",
                    more=["--gaps", "close"],
                    told=[JUMP, *told],
                    probed=["clock repaired at 1 join"],
                )
                for suffix, sound, lines, target, told in (
                    (".mkv", "pcm_s16le", LINES, "out.mkv", []),
                    (".mkv", "flac", LINES, "out.mp4", ["encoded again as mov_text"]),
                    (".mp4", "aac", (), "out.mp4", []),
                    (".mp4", "aac", (), "out.mkv", []),
                )
            ),
        ),
    ),
    Row(
        kind="MP4 with a wrong index of key frames",
        awkward="a seek by it lands where no decoder can start",
        does="does not seek in such a file",
        inputs=(
            Input(
                name="wrong-index.mp4",
                write=written("in.mp4", indexed_wrongly(2, 3, 4, 5), options=SHORT_GOPS, sound="aac", **RAW_420),
                more=["--start", "0.2s"],
                begin=F(1, 5),
                probed=["index wrong"],
            ),
        ),
    ),
    Row(
        kind="samples that hold nothing (MP4 and MOV of screen recorders, AVI of capture programs)",
        awkward="a sample of 0 bytes looks like the end to a decoder; AVI has them for frames that were dropped",
        does="reads on, and motion goes on across them; `probe` counts those that should not be",
        inputs=(
            Input(
                name="empty-sample.mov",
                write=written(
                    "in.mov",
                    emptied(10),
                    codec="mjpeg",
                    pix_fmt="yuvj444p",
                    loss=6,
                    sound="pcm_s16le",
                    options={"flags": "+qscale", "global_quality": "118"},
                ),
                target="out.mp4",
                told=["1 frame could not be decoded"],
                probed=["1 lost"],
            ),
            Input(
                name="empty-chunks.avi",
                fps="source",
                write=written(
                    "in.avi",
                    emptied_in_avi(10, 17),
                    codec="mjpeg",
                    pix_fmt="yuvj444p",
                    loss=6,
                    options={"flags": "+qscale", "global_quality": "118"},
                ),
                target="out.mp4",
            ),
        ),
    ),
    Row(
        kind="clips cut without coding again (phones, lossless cutters)",
        awkward="an edit list hides the pictures and the sound before the cut",
        does="leaves out what is hidden in every container, to a sample where the codec allows",
        inputs=tuple(
            Input(
                name=f"edit-list-to{target[3:]}",
                write=written("whole.mp4", moved(F(3, 25), "in.mp4", hidden=True), sound="aac", **RAW_420),
                target=target,
                fps="source",
                told=told,
            )
            for target, told in (
                ("out.mp4", []),
                ("out.mkv", []),
                ("out.avi", ["encoded again as aac"]),
                ("out.ts", []),
                ("out.flv", []),
            )
        ),
    ),
    Row(
        kind="sound in long packets (PCM of half a second, FLAC), or a `--start` within a packet",
        awkward="a packet can be copied only whole, and then begins before the pictures or leaves a hole",
        does="cuts PCM and lossless codecs to a sample, and elsewhere hides or leaves out less than a packet: what is "
        "heard is in time",
        inputs=tuple(
            Input(
                name=f"start-in-{codec}-to{target[3:]}",
                write=written(f"in{source}", sound=codec, piece=24000, options=SHORT_GOPS, **RAW_420),
                target=target,
                fps="source",
                more=["--start", f"{float(begin)}s"],
                begin=begin,
                told=told,
            )
            for codec, source, target, begin, told in (
                ("pcm_s16le", ".mkv", "out.mp4", F(1, 5), []),
                ("pcm_s16le", ".mkv", "out.avi", F(1, 5), []),
                ("pcm_s16le", ".mov", "out.ts", F(1, 5), ["encoded again as aac"]),
                ("flac", ".mkv", "out.mp4", F(1, 5), []),
                ("flac", ".mkv", "out.mkv", F(8, 25), []),
                ("flac", ".mkv", "out.flv", F(8, 25), []),
                ("wavpack", ".mkv", "out.mkv", F(1, 5), []),
                ("alac", ".mov", "out.mkv", F(1, 5), []),
                ("aac", ".mp4", "out.mov", F(1, 5), []),
                ("libopus", ".mkv", "out.mkv", F(1, 5), []),
            )
        )
        + tuple(
            Input(
                name=f"start-in-{codec}-avi-to{target[3:]}",
                write=written("in.avi", as_it_is, sound=codec, codec="ffv1", pix_fmt="bgr0"),
                target=target,
                fps="source",
                more=["--start", "0.2s"],
                begin=F(1, 5),
            )
            for codec, target in (("mp2", "out.mkv"), ("ac3", "out.mp4"))
        ),
    ),
    Row(
        kind="streams and containers that state a rate badly (raw H.264, HEVC and MPEG-2, FLV, WMV, TS and Matroska at "
        "high or NTSC rates)",
        awkward="no stamps, stamps in milliseconds, or an average that is no rate anybody meant",
        does="`source` and `2x` are the rate that was meant, and every frame is in its place",
        inputs=(
            ntsc("bare.h264", "in.h264", NTSC, "out.mp4"),
            ntsc(
                "bare.hevc",
                "in.hevc",
                F(24000, 1001),
                "out.mp4",
                codec="libx265",
                options={"x265-params": "lossless=1:log-level=none:bframes=0"},
            ),
            ntsc("bare.m2v", "in.m2v", F(24000, 1001), "out.mkv", **PLAIN_MPEG2),
            ntsc("120-ntsc.mkv", "in.mkv", F(120000, 1001), "out.mp4", "flac", white=(14,)),
            ntsc("120-ntsc.ts", "in.ts", F(120000, 1001), "out.mp4", "aac", white=(14,)),
            ntsc("60-ntsc.flv", "in.flv", F(60000, 1001), "out.mp4", "aac"),
            ntsc("30-ntsc.wmv", "in.wmv", NTSC, "out.mp4", "libmp3lame", as_it_is),
            ntsc("60-ntsc.mp4", "in.mp4", F(60000, 1001), "out.mkv", "aac"),
            ntsc("24-ntsc.nut", "in.nut", F(24000, 1001), "out.mov", "pcm_s16le"),
            ntsc(
                "30-ntsc.avi",
                "in.avi",
                NTSC,
                "out.mp4",
                "pcm_s16le",
                codec="mpeg4",
                loss=6,
                options={"flags": "+qscale", "global_quality": "236"},
            ),
        ),
    ),
    Row(
        kind="variable rate (phones, screen recorders)",
        awkward="frames are not evenly spaced, and an average rate says nothing",
        does="every frame counts at its own time; the output is even",
        inputs=tuple(
            Input(
                name=f"variable{suffix}",
                write=written(
                    f"in{suffix}",
                    times=[F(tick, 1000) for tick in UNEVEN],
                    sound=sound,
                    options=SHORT_GOPS,
                    **RAW_420,
                ),
                target=target,
                fps="100",
            )
            for suffix, sound, target in (
                (".mp4", "aac", "out.mkv"),
                (".mkv", "flac", "out.mp4"),
                (".nut", None, "out.mov"),
            )
        )
        if (UNEVEN := (0, 40, 90, 120, 170, 200, 240, 290, 320, 370, 400, 440, 490, 520, 560, 600))
        else (),
    ),
    Row(
        kind="frames that were lost on the way",
        awkward="a hole in the clock of the pictures, while the sound goes on",
        does="keeps the clock; motion goes on across the hole",
        inputs=(
            Input(
                name="hole.mp4",
                write=written(
                    "in.mp4",
                    times=[time for k, time in enumerate(evenly(22, F(25))) if k not in (9, 10)],
                    sound="aac",
                    **RAW_420,
                ),
            ),
            Input(
                name="hole.mkv",
                write=written(
                    "in.mkv",
                    times=[time for k, time in enumerate(evenly(22, F(25))) if k not in (9, 10)],
                    sound="pcm_s16le",
                    time_base=F(1, 1000),
                    **RAW_420,
                ),
                target="out.mp4",
            ),
        ),
    ),
    Row(
        kind="clocks that do not begin at 0",
        awkward="pictures or sound start late, or before 0",
        does="keeps the distance between them, whatever the output's container can say",
        inputs=(
            Input(
                name="five-seconds.mkv",
                write=written("in.mkv", begin=F(5), sound="flac", time_base=F(1, 1000), **RAW_420),
                target="out.mp4",
                fps="source",
            ),
            Input(
                name="five-seconds-to.avi",
                write=written("in.mkv", begin=F(5), sound="pcm_s16le", time_base=F(1, 1000), **RAW_420),
                target="out.avi",
                fps="source",
            ),
            Input(
                name="five-seconds.mp4",
                write=written("in.mp4", begin=F(5), sound="aac", **RAW_420),
                fps="source",
            ),
            Input(
                name="negative.mkv",
                write=written("whole.mkv", moved(F(1, 10), "in.nut"), sound="pcm_s16le", **RAW_420),
                fps="source",
                target="out.mp4",
            ),
            *(
                Input(
                    name=f"late-sound{suffix}-to{target[3:]}",
                    write=written(f"in{suffix}", late=F(1, 5), sound=sound, **RAW_420),
                    fps="source",
                    target=target,
                    told=told,
                )
                for suffix, sound, target, told in (
                    (".mp4", "aac", "out.mkv", []),
                    (".mkv", "ac3", "out.ts", []),
                    (".mkv", "pcm_s16le", "out.mp4", []),
                    (".mov", "aac", "out.avi", ["encoded again as aac"]),
                    (".ts", "mp2", "out.mp4", []),
                )
            ),
        ),
    ),
    Row(
        kind="files that are cut off (full card, broken download)",
        awkward="the index is missing, or promises more than there is",
        does="renders what is there and says how much is not",
        inputs=(
            Input(
                name="cut-off.mkv",
                write=written("in.mkv", cut_off(0.6, 11), codec="ffv1", pix_fmt="bgr0"),
                told=["could not be decoded"],
                probed=[r"\d+ lost"],
            ),
            Input(
                name="cut-off.ts",
                write=written("in.ts", cut_off(0.6, 10), options=SHORT_GOPS, **RAW_420),
                target="out.mp4",
                told=["1 frame could not be decoded; left out"],
            ),
            Input(
                name="cut-off.avi",
                fps="source",
                write=written("in.avi", cut_off(0.6, 11), codec="ffv1", pix_fmt="bgr0"),
                target="out.mp4",
                told=["could not be decoded"],
            ),
            Input(
                name="cut-off.flv",
                fps="source",
                write=written("in.flv", cut_off(0.6, 10), options=SHORT_GOPS, **RAW_420),
                target="out.mp4",
                told=["is cut off; what comes after its last whole frame is missing"],
                probed=["the end of the file is missing"],
            ),
            Input(
                name="cut-off.wmv",
                fps="source",
                write=written("in.wmv", cut_off(0.6, 10), options=SHORT_GOPS, **RAW_420),
                target="out.mp4",
                told=["is cut off", "1 frame could not be decoded"],
            ),
            Input(
                name="cut-off.gif",
                fps="source",
                write=written("in.gif", cut_off(0.6, 11), codec="gif", pix_fmt="rgb8", loss=40),
                target="out.mp4",
                told=["is cut off", "1 frame could not be decoded"],
            ),
            Input(
                name="cut-off.mp4",
                write=written("in.mp4", cut_off(0.6, 11), **RAW_420),
                refused="cut off before its index",
            ),
        ),
    ),
    Row(
        kind="a clip of one frame",
        awkward="there is no motion, and no step between frames",
        does="shows it for as long as it lasts",
        inputs=(
            Input(name="one-frame.mp4", write=written("in.mp4", count=1, white=(), **RAW_420)),
            Input(
                name="one-frame.gif", write=written("in.gif", count=1, white=(), codec="gif", pix_fmt="rgb8", loss=40)
            ),
        ),
    ),
)
