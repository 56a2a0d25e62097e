"""``dynode probe``: what a video is, exactly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import session_of
from dynode_cli.console import Console

if TYPE_CHECKING:
    from dynode_cli.media.facts import MediaInfo
    from dynode_cli.media.reading.scan import Scan

app = command_app()


@command(
    app,
    examples=[
        "dynode probe clip.mp4",
        "dynode probe clip.mp4 --json",
        "dynode probe clip.mp4 --no-scan    # headers only, without decoding the clip",
    ],
)
def probe(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(metavar="IN", help="A video, a folder of images, a pattern such as frames/%05d.png, or -."),
    ],
    input_rate: Annotated[
        str | None, typer.Option("--input-rate", metavar="RATE", help="Rate of an image sequence. Default: 25.")
    ] = None,
    scan: Annotated[
        bool,
        typer.Option(
            "--scan/--no-scan", show_default=False, help="Decode it for timing, shots and duplicates. Default: yes."
        ),
    ] = True,
) -> None:
    """Show streams, timing, colour, shots and duplicates of a video."""
    from dynode_cli.media.reading.probe import probe as read_facts
    from dynode_cli.media.reading.scan import scan as look_through
    from dynode_cli.media.reading.source import DEFAULT_RATE, open_source
    from dynode_cli.values.times import parse_rate

    session = session_of(ctx)
    console = session.console
    rate = DEFAULT_RATE if input_rate is None else parse_rate(input_rate).resolve(DEFAULT_RATE)
    with open_source(source, rate=rate) as opened:
        info = read_facts(opened)
        found = None
        if scan:
            with console.progress(f"looking through {Path(info.name).name}", info.declared_frames or 0) as progress:
                found = look_through(opened, info=info, progress=progress)
    if session.json:
        console.print_json({**info.to_json(), "scan": None if found is None else scan_facts(found)})
    else:
        _show(console, info, found)


def scan_facts(scan: Scan) -> dict[str, Any]:
    """What a scan found; exact times as fractions, shots as half-open ranges of frames, `rate` as ``source`` means it."""
    from dynode_cli.media.reading.rate import rate_of

    times = (*scan.times, scan.end_time)
    steps = [after - before for before, after in zip(scan.times, scan.times[1:], strict=False)]
    return {
        "frames": len(scan),
        "start": times[0],
        "end": times[-1],
        "duration": times[-1] - times[0],
        "rate": rate_of(scan),
        "variable_frame_rate": scan.vfr,
        "shortest_step": min(steps, default=None),
        "longest_step": max(steps, default=None),
        "shots": [
            {"frames": [shot.start, shot.stop], "start": times[shot.start], "end": times[shot.stop]}
            for shot in scan.shots
        ],
        "duplicates": sorted(scan.duplicates),
        "rests": sorted(scan.rests),
        "lost_frames": scan.lost,
        "resized_frames": scan.resized,
        "interlaced_frames": scan.interlaced,
        "missing_time_stamps": scan.missing_pts,
        "moved_time_stamps": scan.disordered_pts,
    }


def _show(console: Console, info: MediaInfo, scan: Scan | None) -> None:
    facts = info.to_json()
    colour = facts["colour"]
    guessed = f" ({', '.join(colour['guessed'])} guessed)" if colour["guessed"] else ""
    rows: list[tuple[str, str]] = [
        ("container", info.container),
        ("video", f"{info.codec}, {info.width}x{info.height} {info.pix_fmt}, {info.bit_depth} bit"),
        ("rate", f"{info.average_rate} a second (nominal {info.nominal_rate})"),
        ("duration", "unknown" if info.duration is None else f"{float(info.duration):.3f} s"),
        ("pixels", f"aspect ratio {info.sample_aspect_ratio}, rotated by {info.rotation} degrees"),
        ("colour", f"matrix {colour['used_matrix']}, {colour['used_range']} range{guessed}"),
        ("tags", f"primaries {colour['primaries']}, transfer {colour['transfer']}"),
    ]
    rows += [
        (f"stream {stream.index}", " ".join(filter(None, (stream.type, stream.codec, stream.language, stream.title))))
        for stream in info.streams
    ]
    if info.chapters:
        rows.append(("chapters", str(len(info.chapters))))
    if scan is not None:
        rows += _scan_rows(scan)
    elif info.interlaced:
        rows.append(("fields", "first frame flagged as interlaced"))
    console.table(["", info.name], rows)


def _scan_rows(scan: Scan) -> list[tuple[str, str]]:
    facts = scan_facts(scan)
    timing = f"{len(scan)} in {float(facts['duration']):.3f} s, {'uneven' if scan.vfr else 'even'} spacing"
    jitters = not scan.vfr and facts["rate"] != scan.info.average_rate
    if jitters:
        timing += f" of {facts['rate']} a second but for jitter"
    if scan.vfr or jitters:
        timing += f" ({float(facts['shortest_step']):.4f} to {float(facts['longest_step']):.4f} s)"
    rows = [
        ("frames", timing),
        ("fields", _fields(scan.interlaced, len(scan))),
        ("shots", f"{len(scan.shots)}, cut at frames {_listed(scan.cuts)}" if scan.cuts else "1"),
        (
            "duplicates",
            f"{len(scan.duplicates)}, frames {_listed(sorted(scan.duplicates))}" if scan.duplicates else "0",
        ),
        ("rests", f"{len(scan.rests)}, frames {_listed(sorted(scan.rests))}" if scan.rests else "0"),
    ]
    damage = {
        "lost": scan.lost,
        "of another size": scan.resized,
        "without time stamp": scan.missing_pts,
        "with a wrong time stamp": scan.disordered_pts,
    }
    found = ", ".join(f"{count} {what}" for what, count in damage.items() if count)
    return [*rows, ("damage", f"frames {found}" if found else "none")]


def _fields(interlaced: int, frames: int) -> str:
    if not interlaced:
        return "none, frames are progressive"
    which = "all frames" if interlaced == frames else f"{interlaced} frames"
    return f"{which} flagged as interlaced"


def _listed(numbers: Any) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    return f"{shown}, ..." if len(numbers) > 10 else shown
