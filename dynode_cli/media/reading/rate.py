"""Frame rate of a source as it was meant, constant or variable (VFR)."""

from __future__ import annotations

from fractions import Fraction

from dynode_cli.media.rates import stated_rate, steadied
from dynode_cli.media.reading.scan import Scan


def rate_of(scan: Scan) -> Fraction:
    """Frames per second that a source means to have.

    The average of a variable rate is an accident of its gaps; the nominal rate is used, unless it is a multiple that
    no frame follows (fields, or the tick of a clock). That of a rate that only jitters is the one it jitters about.
    """
    info = scan.info
    if scan.vfr:
        meant = info.average_rate <= info.nominal_rate <= 2 * info.average_rate
        return info.nominal_rate if meant else info.average_rate
    stated = [rate for rate in (info.average_rate, info.nominal_rate, info.coded_rate) if rate is not None]
    count = info.declared_frames or len(scan)
    return stated_rate(stated, scan.times, info.slack) or steadied(
        info.average_rate, info.nominal_rate, scan.times, info.slack, count
    )
