"""Reports of fits: what commands say of the dynamics that they fitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynode_cli.console import Console
    from dynode_cli.contracts import FitReport


def tell_fits(console: Console, fits: Mapping[int, FitReport], told: Collection[str] = ()) -> None:
    """Show warnings of `fits`, by the index of their shot, and to those who want details the errors on left-out codes.

    Arguments:
        told: warnings that the user has read already.
    """
    noted: dict[str, list[int]] = {}
    for index, report in fits.items():
        for name, error in sorted(report.leave_one_out.items(), key=lambda pair: pair[1]):
            place = f"shot {index}: " if len(fits) > 1 else ""
            console.detail(f"{place}{error:8.3f}  {name}{' (kept)' if name == report.method else ''}")
        for note in report.warnings:
            if note not in told:
                noted.setdefault(note, []).append(index)
    for note, shots in noted.items():
        several = f" (shot{'s' if len(shots) > 1 else ''} {', '.join(map(str, shots))})" if len(fits) > 1 else ""
        console.warn(f"{note}{several}")
