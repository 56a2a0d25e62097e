from fractions import Fraction
from pathlib import Path

import pytest

from dynode_cli.errors import UsageError
from dynode_cli.pipeline.outputs import default_output, rate_label


def test_a_name_says_what_was_done(tmp_path: Path) -> None:
    assert default_output("clips/in.MP4", rate_label(Fraction(240))) == "clips/in-240fps.mp4"
    assert default_output("in.mts", rate_label(Fraction(60000, 1001))) == "in-59.94fps.mp4"
    assert default_output("in.gif", "slow4x", tmp_path) == str(tmp_path / "in-slow4x.gif")


def test_image_sequences_become_folders(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    assert default_output(str(frames), "240fps") == str(tmp_path / "frames-240fps") + "/"
    assert default_output(str(frames / "%05d.png"), "240fps") == str(tmp_path / "frames-240fps") + "/"


def test_standard_input_has_no_name() -> None:
    with pytest.raises(UsageError, match="needs a name"):
        default_output("-", "240fps")
