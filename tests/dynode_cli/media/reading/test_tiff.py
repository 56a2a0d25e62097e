"""Still images that FFmpeg decodes wrongly without an error."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.errors import InputError
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import moving_texture
from tests.dynode_cli.media.reading.tiffs import write_tiff

Look = Callable[..., Any]
Render = Callable[..., Any]

IMAGE = moving_texture(1)[0]
EDGE = np.clip(np.tile(np.arange(-60, 36) * 8, (64, 1)), 0, 255).astype(np.uint8)[..., None]
"""Alpha: nothing, a soft edge, opaque."""


def test_tiles_are_read(tmp_path: Path, look: Look) -> None:
    write_tiff(tmp_path / "8.tif", IMAGE, tile=16)
    write_tiff(tmp_path / "16.tif", IMAGE.astype(np.uint16) * 257, tile=32)
    write_tiff(tmp_path / "32.tif", (IMAGE / np.float32(255)).astype(np.float32), tile=48)
    write_tiff(tmp_path / "grey.tif", IMAGE[..., :1], tile=16)
    assert (look(tmp_path / "8.tif").frames()[0] == IMAGE).all()
    for name in ("16", "32"):
        assert (look(tmp_path / f"{name}.tif").frames()[0] == IMAGE.astype(np.uint16) * 257).all()
    assert (look(tmp_path / "grey.tif").frames()[0] == IMAGE[..., :1]).all()


@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("scale", [1, 257])
def test_alpha_is_straight_whatever_the_file_has(tmp_path: Path, look: Look, tile: int | None, scale: int) -> None:
    dtype = np.uint8 if scale == 1 else np.uint16
    multiplied = np.rint(IMAGE * (EDGE / 255)).astype(np.uint8)
    for name, colours, extra in (("straight", IMAGE, 2), ("multiplied", multiplied, 1)):
        image = (np.dstack([colours, EDGE]).astype(np.uint32) * scale).astype(dtype)
        shown = look(write_tiff(tmp_path / f"{name}.tif", image, tile=tile, extra_sample=extra)).frames()[0]
        seen = EDGE[..., 0] > 30
        assert (shown[..., 3] == EDGE[..., 0].astype(dtype) * scale).all()
        assert np.abs(shown[seen][:, :3].astype(float) / scale - IMAGE[seen]).max() < 6


@pytest.mark.parametrize("dtype", ["<f2", "<i1", "<i2", "<u4"])
def test_samples_that_would_be_other_numbers_are_refused(tmp_path: Path, dtype: str) -> None:
    write_tiff(tmp_path / "1.tif", (IMAGE // 2).astype(dtype))
    for name in ("1.tif", "%d.tif", ""):
        with pytest.raises(InputError, match=r"1\.tif: its samples are"):
            probe(open_source(str(tmp_path / name)))


def test_tiles_are_read_from_a_pipe(tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_tiff(tmp_path / "8.tif", IMAGE, tile=16).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    opened = look("-")
    assert (opened.frames()[0] == IMAGE).all()
    opened.source.close()
    assert not opened.source.path.exists()


@pytest.mark.parametrize("kind", ["exr", "tif", "png"])
def test_no_edge_is_darker_in_what_is_written(tmp_path: Path, look: Look, render: Render, kind: str) -> None:
    """The colours of a see-through picture stay the same from format to format."""
    for name in ("in", "there"):
        (tmp_path / name).mkdir()
    image = np.dstack([IMAGE, EDGE])
    for number in range(2):
        write_tiff(tmp_path / "in" / f"{number}.tif", image, extra_sample=2)
    there = render(tmp_path / "in", f"{tmp_path}/there/%d.{kind}", Fraction(25))
    back = render(tmp_path / "there", f"{tmp_path}/back/", Fraction(25))
    for shown in (there.frames()[0], back.frames()[0]):
        levels = shown.astype(float) / (257 if shown.dtype == np.uint16 else 1)
        assert np.abs(levels[..., 3] - EDGE[..., 0]).max() < 1
        assert np.abs(levels - image)[EDGE[..., 0] > 0].max() < 2


def test_exr_has_its_colours_multiplied_by_alpha(tmp_path: Path, look: Look, render: Render) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    white = np.dstack([np.full_like(IMAGE, 255), EDGE])
    for number in range(2):
        write_tiff(tmp_path / "in" / f"{number}.tif", white, extra_sample=2)
    render(tmp_path / "in", f"{tmp_path}/out/%d.exr", Fraction(25))
    with av.open(str(tmp_path / "out" / "1.exr")) as container:
        frame = next(container.decode(video=0))
    parts = [np.frombuffer(plane, np.float32).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes]
    assert np.abs(parts[0] - parts[3]).max() < 0.01
