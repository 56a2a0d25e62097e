"""360-degree projections and 3-D layouts that headers state come out as they went in, between MP4 and Matroska too."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from dynode_cli.media.spatial import Projection, Spatial, as_boxes, of_boxes
from dynode_cli.media.writing.boxes import add_boxes
from dynode_cli.media.writing.matroska import note_pictures
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.measures import info_of

Render = Callable[..., Any]
POSE = (Fraction(90), Fraction(-45), Fraction(1, 2))
EQUIRECTANGULAR = Projection(1, "00" * 20, POSE)
CUBES = Projection(2, "00" * 12)


def clip(path: Path, spatial: Spatial) -> Path:
    write_clip(path, moving_texture(3))
    if path.suffix == ".mkv":
        assert note_pictures(path, Fraction(1), spatial)
    else:
        assert add_boxes(path, b"".join(as_boxes(spatial).values()))
    assert info_of(path).spatial == spatial
    return path


@pytest.mark.parametrize("source", ["in.mp4", "in.mkv"])
@pytest.mark.parametrize("target", ["out.mp4", "out.mov", "out.mkv"])
@pytest.mark.parametrize(
    "spatial",
    [Spatial(EQUIRECTANGULAR), Spatial(CUBES), Spatial(stereo=1), Spatial(stereo=3), Spatial(EQUIRECTANGULAR, 3)],
)
def test_what_a_header_says_is_kept(
    source: str, target: str, spatial: Spatial, tmp_path: Path, render: Render
) -> None:
    path = clip(tmp_path / source, spatial)
    beside = info_of(path).beside
    assert len(beside) == len(spatial.names)
    render(path, tmp_path / target, Fraction(50))
    assert render.warnings == []  # type: ignore[attr-defined]
    made = info_of(tmp_path / target)
    assert made.spatial == spatial and made.beside == beside and made.sample_aspect_ratio == 1
    with av.open(str(tmp_path / target)) as container:
        assert len(list(container.decode(video=0))) == 6


def test_layouts_that_mp4_does_not_know_are_named(tmp_path: Path, render: Render) -> None:
    """Views one after the other."""
    path = clip(tmp_path / "in.mkv", Spatial(EQUIRECTANGULAR, 13))
    render(path, tmp_path / "out.mp4", Fraction(50))
    assert [each for each in render.warnings if "3-D" in each] and len(render.warnings) == 1  # type: ignore[attr-defined]
    assert info_of(tmp_path / "out.mp4").spatial == Spatial(EQUIRECTANGULAR)


def test_other_containers_lose_it_and_say_so(tmp_path: Path, render: Render) -> None:
    path = clip(tmp_path / "in.mp4", Spatial(EQUIRECTANGULAR))
    for target in ("out.ts", "out.avi", "%03d.png"):
        render(path, tmp_path / target, Fraction(50))
        assert any("360-degree projection" in each for each in render.warnings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("stereo", [None, 1, 3])
def test_the_shape_of_pixels_stays_beside_it(stereo: int | None, tmp_path: Path, render: Render) -> None:
    """Matroska says it of one view."""
    spatial = Spatial(EQUIRECTANGULAR, stereo)
    path = write_clip(tmp_path / "in.mp4", moving_texture(3), sample_aspect_ratio=Fraction(4, 3))
    assert add_boxes(path, b"".join(as_boxes(spatial).values()))
    for source, target in ((path, tmp_path / "out.mkv"), (tmp_path / "out.mkv", tmp_path / "again.mp4")):
        render(source, target, Fraction(50))
        made = info_of(target)
        assert made.sample_aspect_ratio == Fraction(4, 3) and made.spatial == spatial


def test_headers_without_anything_say_nothing() -> None:
    assert of_boxes({}) is None
    assert of_boxes({b"st3d": bytes(5)}) is None
    assert of_boxes({b"sv3d": b""}) is None


def test_files_laid_out_otherwise_are_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "in.mp4"
    for data in (b"", b"\0\0\0\x10ftypisom\0\0\0\0", b"\0\0\0\x08moov"):
        path.write_bytes(data)
        assert not add_boxes(path, b"anything")
        assert path.read_bytes() == data
