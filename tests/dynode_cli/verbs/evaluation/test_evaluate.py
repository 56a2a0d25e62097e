"""Scores on frames in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dynode_cli import Frames, InputError, evaluate
from dynode_cli.synthetic.clips import moving_texture, write_images

CLIP = np.stack(moving_texture(5, size=(40, 64)))


def test_frames_in_memory_score_as_a_file_of_them_does(tmp_path: Path) -> None:
    memory = evaluate(Frames(CLIP, rate=25, name="walk"), methods=["blend", "linear"])
    file = evaluate(write_images(tmp_path / "images", list(CLIP)), methods=["blend", "linear"])
    assert memory.source == "walk"
    timeless = [[replace(score, milliseconds=0) for score in each.scores] for each in (memory, file)]
    assert timeless[0] == timeless[1]


def test_floating_point_frames_are_scored() -> None:
    real = evaluate(Frames(CLIP.astype(np.float32) / 255, rate=25), methods=["hold"])
    assert real.scores[0].psnr == pytest.approx(evaluate(Frames(CLIP, rate=25), methods=["hold"]).scores[0].psnr)


def test_too_short_a_clip_is_called_by_its_name() -> None:
    with pytest.raises(InputError, match="walk: every shot is shorter than 3 frames"):
        evaluate(Frames(CLIP[:2], rate=25, name="walk"))
