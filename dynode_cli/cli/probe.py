"""``dynode probe``: what a video is, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.console import Console
from dynode_cli.requests.probe import Probe
from dynode_cli.values.amounts import counted

if TYPE_CHECKING:
    from dynode_cli.media.facts import MediaInfo
    from dynode_cli.media.reading.scan import Scan

app = command_app()


@command(
    app,
    takes=(Probe,),
    examples=[
        "dynode probe clip.mp4",
        "dynode probe clip.mp4 --json",
        "dynode probe clip.mp4 --no-scan    # headers only, without decoding the clip",
    ],
)
def probe(session: Session, given: Given) -> None:
    request = given.to(Probe)
    with session.working(request):
        from dynode_cli.verbs.probe import probe as read

        probed = read(request, session.host)
    if session.json:
        session.console.print_json(probed.to_json())
    else:
        _show(session.console, probed.info, probed.scan)


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
        (
            "colour",
            f"matrix {colour['used_matrix']}, {colour['used_range']} range{guessed}, chroma {info.chroma_location}",
        ),
        ("tags", f"primaries {colour['primaries']}, transfer {colour['transfer']}"),
    ]
    rows += [
        (f"stream {stream.index}", " ".join(filter(None, (stream.type, stream.codec, stream.language, stream.title))))
        for stream in info.streams
    ]
    if info.crop is not None:
        rows.append(("cropped", "by {} columns left, {} rows above, {} right and {} below".format(*info.crop)))
    if info.beside:
        rows.append(("beside", ", ".join(info.beside)))
    if info.missing:
        rows.append(("missing", f"{info.missing} numbers of the sequence, each a gap of one frame"))
    if info.chapters:
        rows.append(("chapters", str(len(info.chapters))))
    if scan is not None:
        rows += _scan_rows(scan)
    elif info.interlaced:
        rows.append(("fields", "first frame flagged as interlaced"))
    console.table(["", info.name], rows)


def _scan_rows(scan: Scan) -> list[tuple[str, str]]:
    from dynode_cli.verbs.probe import scan_facts

    facts = scan_facts(scan)
    timing = f"{len(scan)} in {float(facts['duration']):.3f} s, {'uneven' if scan.vfr else 'even'} spacing"
    jitters = not scan.vfr and facts["rate"] != scan.info.average_rate
    if jitters:
        timing += f" of {facts['rate']} a second but for jitter"
    if scan.vfr or jitters:
        timing += f" ({float(facts['shortest_step']):.4f} to {float(facts['longest_step']):.4f} s)"
    rows = [
        ("frames", timing),
        ("fields", _fields(scan)),
        ("shots", f"{len(scan.shots)}, cut at frames {_listed(scan.cuts)}" if scan.cuts else "1"),
        (
            "duplicates",
            f"{len(scan.duplicates)}, frames {_listed(sorted(scan.duplicates))}" if scan.duplicates else "0",
        ),
        *_cadence_rows(scan, facts["cadences"]),
        ("rests", f"{len(scan.rests)}, frames {_listed(sorted(scan.rests))}" if scan.rests else "0"),
    ]
    if scan.joins:
        told = [f"{float(join.at):.3f} s (clock jumps by {float(join.jump):+.3f} s)" for join in scan.joins]
        rows.append(("joins", f"{len(told)}, closed at {_listed(told)}"))
    damage = {
        "lost": scan.lost,
        "of another size": scan.resized,
        "without time stamp": scan.missing_pts,
        "with a wrong time stamp": scan.disordered_pts,
        "with the time stamp of another": scan.reordered_pts,
    }
    found = ", ".join(f"{count} {what}" for what, count in damage.items() if count)
    damaged = [f"frames {found}"] if found else []
    if scan.joins:
        damaged.append(f"clock repaired at {counted(len(scan.joins), 'join')}")
    if scan.info.missing:
        damaged.append(f"{counted(scan.info.missing, 'number')} of the sequence missing")
    if scan.cut_off:
        damaged.append("the end of the file is missing")
    if scan.misindexed:
        damaged.append("index wrong")
        rows.append(
            ("index", "wrong: it says that decoding cannot start at the first frame; jumps decode from there")
        )
    return [*rows, ("damage", "; ".join(damaged) or "none")]


def _fields(scan: Scan) -> str:
    if not scan.interlaced:
        return "none, frames are progressive"
    which = "all frames" if scan.interlaced == len(scan) else f"{scan.interlaced} frames"
    film = [
        f"{counted(scan.woven, 'frame')} of hard telecine" if scan.woven else "",
        f"{counted(len(scan.wholes) - scan.woven, 'frame')} whole" if len(scan.wholes) > scan.woven else "",
    ]
    return ", ".join([f"{which} flagged as interlaced", *filter(None, film)])


def _cadence_rows(scan: Scan, cadences: list[dict[str, Any]]) -> list[tuple[str, str]]:
    rows = [
        (
            "cadence",
            f"{float(found['taken_rate']):.5g} frames a second shown at {float(found['shown_rate']):.5g}, frames "
            f"{found['frames'][0]} to {found['frames'][1] - 1}"
            + (
                f"; {found['repeats_seen']} of {counted(found['repeats_due'], 'repeat')} seen"
                if scan.duplicates
                else ""
            ),
        )
        for found in cadences
    ]
    if scan.duplicates:
        rows.append(("", f"{len(scan.duplicates)} of {len(scan)} frames repeat: --fps source makes the motion even"))
    return rows


def _listed(numbers: Any) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    return f"{shown}, ..." if len(numbers) > 10 else shown
