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


def test_a_few_frames_are_tried_not_a_window(
    dynode: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_texture(24, size=(HEIGHT, WIDTH)))
    tried: list[int] = []
    usual = estimate.open_assembly

    def noted(prepared: Any, **how: Any) -> Any:
        tried.extend(len(shot) for shot in prepared.plan.shots)
        return usual(prepared, **how)

    monkeypatch.setattr(estimate, "open_assembly", noted)
    outcome = dynode("interpolate", str(clip), "--dry-run")
    assert tried == [3]
    assert "measured on a few frames" in outcome.out
    # What is said of the clip itself is found by looking through it.
    assert "source frames        24" in outcome.out


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_clips_are_foretold_too(dynode: Callable[..., Any], tmp_path: Path, frames: int) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_texture(frames, size=(HEIGHT, WIDTH)))
    assert dynode("interpolate", str(clip), "--dry-run").code == 0


def test_what_a_few_frames_take_is_foretold_of_a_whole_window(
    dynode: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def memory(frames: int, allowed: str) -> int:
        clip = write_clip(tmp_path / f"{frames}-{allowed}.mp4", moving_texture(frames, size=(HEIGHT, WIDTH)))
        peaks = iter([0, 30 << 20])
        monkeypatch.setattr(estimate, "_resident_bytes", lambda: next(peaks))
        return int(
            json.loads(dynode("interpolate", str(clip), "--dry-run", "--json", "--memory", allowed).out)[
                "memory_bytes"
            ]
        )

    # 3 frames took 30 MiB: a window holds 15 of them, and no more than its share of the memory.
    assert 150 << 20 < memory(30, "8GiB") < 155 << 20
    assert 75 << 20 < memory(30, "100MiB") < 80 << 20
