"""Runs that are killed leave nothing under the final name, and nothing that is in the way of the next one."""

from __future__ import annotations

import signal

import pytest

from tests.faults.conftest import Place, ended, once


@pytest.mark.parametrize("output", ["out.mp4", "out.mkv", "frames/"])
def test_a_run_that_is_killed_leaves_no_half_file_under_the_final_name(place: Place, output: str) -> None:
    process = place.start("interpolate", place.clip, "--fps", "4x", "-o", output)
    once(lambda: bool(place.left()), process)
    process.kill()
    process.communicate()
    assert output.rstrip("/") not in place.left()
    assert ended(place.start("interpolate", place.clip, "--fps", "source", "-o", output)).code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_stopped_cleans_up_and_says_so(place: Place, number: signal.Signals) -> None:
    process = place.start("interpolate", place.clip, "--fps", "4x", "-o", "out.mp4")
    once(lambda: bool(place.left()), process)
    process.send_signal(number)
    assert ended(process).code == 128 + number
    assert place.left() == set()
