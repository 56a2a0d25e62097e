"""What a dry run foretells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.pipeline import cost as estimate
from dynode_cli.synthetic.clips import moving_texture, write_clip

FRAMES, HEIGHT, WIDTH = 8, 64, 96
KEPT = 2 * FRAMES * HEIGHT * WIDTH * 3
"""Bytes of all frames, in the cache and in a window."""


@pytest.fixture
def foretold(dynode: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Bytes that a dry run foretells beyond what the trial took, with so much memory allowed."""
    clip = write_clip(tmp_path / "clip.mp4", moving_texture(FRAMES, size=(HEIGHT, WIDTH)))
    monkeypatch.setattr(estimate, "_resident_bytes", lambda: 0)

    def memory(allowed: str) -> int:
        outcome = dynode("interpolate", str(clip), "--dry-run", "--json", "--memory", allowed)
        assert outcome.code == 0
        return int(json.loads(outcome.out)["memory_bytes"])

    return memory


def test_a_small_clip_takes_what_it_needs_not_what_it_may(foretold: Callable[[str], int]) -> None:
    assert foretold("8GiB") == foretold("256MiB")
    # Beside the frames that are kept there are those that the encoder holds.
    assert KEPT < foretold("8GiB") < 2 << 20


def test_frames_are_kept_as_far_as_memory_allows(foretold: Callable[[str], int]) -> None:
    assert foretold("8GiB") - foretold("1MiB") == KEPT - (1 << 18)
