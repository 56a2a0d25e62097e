"""Hardware encoders: those that open, not those that FFmpeg was built with."""

from __future__ import annotations

import pytest

from dynode_cli.media.writing import hardware
from dynode_cli.media.writing.encoders import available_encoders, hardware_of


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An encoder that is everywhere stands for one of hardware."""
    monkeypatch.setattr(hardware, "hardware_of", lambda name: "a chip" if name == "libx264" else None)
    return monkeypatch


def test_what_opens_is_told(pretended: pytest.MonkeyPatch) -> None:
    assert hardware.hardware_encoders() == ("libx264",)


def test_what_does_not_open_is_not(pretended: pytest.MonkeyPatch) -> None:
    pretended.setattr(hardware, "_SIZE", (0, 0))
    assert hardware.hardware_encoders() == ()


def test_what_takes_no_pictures_in_memory_is_of_no_use(pretended: pytest.MonkeyPatch) -> None:
    pretended.setattr(hardware, "_WRITTEN", ("rgb24",))
    assert hardware.hardware_encoders() == ()


def test_none_is_among_those_that_work_everywhere() -> None:
    assert not {name for name in available_encoders() if hardware_of(name)}
    assert all(map(hardware_of, hardware.hardware_encoders()))
