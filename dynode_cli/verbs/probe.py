"""Media information: streams, timing, colour, shots and duplicates of a video."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dynode_cli.media.facts import MediaInfo, as_json
from dynode_cli.media.reading.rate import rate_of
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.taken import cadences_of
from dynode_cli.pipeline.job import LOOKING, opened_job
from dynode_cli.pipeline.prepare import open_read
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.probe import Probe
from dynode_cli.values.amounts import counted
from dynode_cli.values.cadence_words import CadenceWord


@dataclass(frozen=True, repr=False)
class Probed:
    """What a video is."""

    info: MediaInfo
    """Facts about it: size, codec, rate, colour, streams."""
    scan: Scan | None
    """When each frame is shown, cuts, duplicates and damage; None if it was not decoded."""

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings, lists and dicts; fractions as strings such as ``24000/1001``."""
        return {**self.info.to_json(), "scan": None if self.scan is None else as_json(scan_facts(self.scan))}

    def __repr__(self) -> str:
        info = self.info
        lines = [
            f"{info.name}: {info.container}, {info.codec}, {info.width} x {info.height}, {info.pix_fmt}, "
            f"{info.average_rate} frames a second"
        ]
        if self.scan is not None:
            found = scan_facts(self.scan)
            spacing = "uneven" if found["variable_frame_rate"] else "even"
            lines += [
                f"{counted(found['frames'], 'frame')} in {float(found['duration']):.3f} s, {spacing} spacing",
                f"{counted(len(found['shots']), 'shot')}, {counted(len(found['duplicates']), 'duplicate')}, "
                f"{counted(len(found['rests']), 'rest')}, {found['lost_frames']} lost",
            ]
        return "\n".join(lines)


def probe(request: Probe, host: Host) -> Probed:
    """Streams, timing, colour, shots and duplicates of a video.

    Raises:
        InputError: it cannot be read.
        UsageError: the rate makes no sense.
    """
    with open_read(request) as (opened, info):
        if not request.scan:
            return Probed(info, None)
        with opened_job(request.show, info.name) as job:
            job.phase(LOOKING)
            found = scan(opened, info=info, progress=job.share, gaps=request.gaps)
            return Probed(found.info, found)


def scan_facts(scan: Scan) -> dict[str, Any]:
    """What a scan found; exact times as fractions, shots as half-open ranges of frames, `rate` as ``source`` means it."""
    times: tuple[Fraction, ...] = (*scan.times, scan.end_time)
    steps = [after - before for before, after in pairwise(scan.times)]
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
        "cadences": [
            {
                "frames": [cadence.first, cadence.stop],
                "slots_a_frame": cadence.ratio,
                "taken_rate": cadence.rate,
                "shown_rate": cadence.shown_rate,
                "repeats_due": cadence.due,
                "repeats_seen": cadence.seen,
            }
            for cadence in cadences_of(scan, CadenceWord("auto"))
        ],
        "joins": [{"at": join.at, "jump": join.jump} for join in scan.joins],
        "lost_frames": scan.lost,
        "resized_frames": scan.resized,
        "interlaced_frames": scan.interlaced,
        "whole_interlaced_frames": len(scan.wholes),
        "telecined_frames": scan.woven,
        "missing_time_stamps": scan.missing_pts,
        "moved_time_stamps": scan.disordered_pts,
        "seekable": scan.seekable,
        "wrong_index": scan.misindexed,
        "cut_off": scan.cut_off,
        "reordered_time_stamps": scan.reordered_pts,
    }
