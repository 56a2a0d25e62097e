"""What a library cannot do is told in one line, with where it failed for those who ask; our own defects are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import cv2
import pytest

from dynode_cli.pipeline import prepare
from dynode_cli.synthetic.clips import moving_texture, write_clip

Dynode = Callable[..., Any]


@pytest.fixture
def clip(clean: Path) -> Path:
    return write_clip(clean / "clip.mkv", moving_texture(3))


def raising(error: Exception, module: str) -> Callable[..., Any]:
    """A function of a module of that name which does nothing else."""

    def scan(*_: object, **__: object) -> None:
        raise error

    return FunctionType(scan.__code__, {"__name__": module}, closure=scan.__closure__)


def test_a_failure_of_a_library_names_the_file_and_the_stage(
    dynode: Dynode, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "scan", raising(cv2.error("no such size\nand more"), "cv2"))
    outcome = dynode("interpolate", "clip.mkv", "-o", "out.mkv")
    assert outcome.code == 3
    assert "error: clip.mkv: OpenCV failed at the stage 'scan': no such size\nhint: " in outcome.err
    assert "Traceback" not in outcome.err and not Path("out.mkv").exists()
    assert "Traceback" in dynode("-vv", "interpolate", "clip.mkv", "-o", "out.mkv").err


def test_a_defect_of_ours_keeps_its_traceback(dynode: Dynode, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "scan", raising(KeyError("x"), "dynode_cli.media"))
    with pytest.raises(KeyError) as caught:
        dynode("interpolate", "clip.mkv", "-o", "out.mkv")
    assert "stage: scan" in caught.value.__notes__


def test_a_name_that_no_file_can_have_is_refused(dynode: Dynode) -> None:
    outcome = dynode("probe", "x" * 5000)
    assert outcome.code in (1, 3) and outcome.err.startswith("error: ") and "Traceback" not in outcome.err
