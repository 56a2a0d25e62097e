"""When the frames of a source are shown, as the pipeline sees it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.pipeline.plan import make_plan
from dynode_cli.requests.timing import Timed
from dynode_cli.synthetic.clips import moving_texture, write_images


def test_one_missing_image_is_a_gap_of_one_frame(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images", moving_texture(6, size=(40, 64)))
    (folder / "00004.png").unlink()
    (shot,) = make_plan(scan(open_source(f"{folder}/%05d.png")), Timed()).shots
    assert list(shot.times) == [Fraction(k, 25) for k in (0, 1, 2, 4, 5)]
    assert shot.end == Fraction(6, 25)
