"""Pictures of real frames, saved as other programs save them, with and without paint."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.verbs.editing.differences import in_matrix_of, painted
from dynode_cli.verbs.editing.painting import changed
from tests.end_to_end.program import sample_clip

Pixels = NDArray[np.float32]
OPAQUE = torch.ones(144, 176)
BT709, BT601 = 1, 6


@cache
def carphone() -> Pixels:
    """The first frame as the program reads it, (144, 176, 3) in levels."""
    with (
        open_source(str(sample_clip("carphone_pristine"))) as source,
        FrameReader(source, scan(source, end=Fraction(1, 5))) as reader,
    ):
        return reader.frame(0).astype(np.float32)


def tensor(pixels: Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))) / 255


def swscale() -> Pixels:
    """As FFmpeg saves a frame: chroma is repeated, values are rounded down."""
    with av.open(str(sample_clip("carphone_pristine"))) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(np.float32)


def resampled(kernel: int, shift: int) -> Pixels:
    """As a program with another filter for chroma, and another idea of where its samples are, would save it."""
    with av.open(str(sample_clip("carphone_pristine"))) as container:
        frame = next(container.decode(video=0)).reformat(format="yuv420p").to_ndarray()
    luma, chroma = frame[:144].astype(np.float32), frame[144:].reshape(2, 72, 88).astype(np.float32)
    large = [cv2.resize(plane, (176, 144), interpolation=kernel) for plane in chroma]
    wide = [np.pad(plane, ((0, 0), (0, shift)), mode="edge")[:, shift:] for plane in large]
    blue, red = (plane - 128 for plane in wide)
    grey = 1.164384 * (luma - 16)
    colours = grey + 1.596027 * red, grey - 0.391762 * blue - 0.812968 * red, grey + 2.017232 * blue
    return np.stack([np.clip(np.round(channel), 0, 255) for channel in colours], 2).astype(np.float32)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    encoded = cv2.imencode(".jpg", pixels[..., ::-1].astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)


EXPORTS = {
    "as dynode saves it": carphone,
    "as ffmpeg saves it": swscale,
    "smooth chroma": lambda: resampled(cv2.INTER_LINEAR, 0),
    "sharp chroma": lambda: resampled(cv2.INTER_LANCZOS4, 1),
    "JPEG of 95": lambda: as_jpeg(carphone(), 95),
    "JPEG of 92 of what ffmpeg saves": lambda: as_jpeg(swscale(), 92),
}


def test_the_exports_do_differ() -> None:
    """Or the tests below show nothing."""
    differences = {name: np.abs(export() - carphone()).max(2) for name, export in EXPORTS.items()}
    assert differences["as ffmpeg saves it"].max() > 30 and (differences["as ffmpeg saves it"] > 3).mean() > 0.15
    assert differences["smooth chroma"].max() > 8 and differences["JPEG of 95"].max() > 8


@pytest.mark.parametrize("export", EXPORTS)
def test_a_picture_that_was_only_saved_was_not_painted_on(export: str) -> None:
    picture = tensor(EXPORTS[export]())
    frame = tensor(carphone())
    assert torch.equal(in_matrix_of(frame, picture, BT601), picture)
    assert not painted(frame, picture, OPAQUE).any()
    assert not changed(frame, picture, OPAQUE, 4.0).any()


def disc() -> NDArray[np.bool_]:
    """On the face, over the nose and the mouth."""
    y, x = np.mgrid[:144, :176]
    return np.asarray(np.hypot(y - 65, x - 88) < 20)


BRUSHES = {
    "covering": np.array([0.0, 220.0, 40.0]),
    "a reddish tint": np.array([10.0, 0.0, 0.0]),
    "lighter": np.array([10.0, 10.0, 10.0]),
    "a little darker": np.array([-6.0, -6.0, -6.0]),
}


@pytest.mark.parametrize("brush", BRUSHES)
@pytest.mark.parametrize("export", [name for name in EXPORTS if "JPEG" not in name])
def test_what_was_painted_is_found_and_nothing_else(export: str, brush: str) -> None:
    picture, where, colour = EXPORTS[export]().copy(), disc(), BRUSHES[brush]
    picture[where] = colour if brush == "covering" else np.clip(picture[where] + colour, 0, 255)
    found = painted(tensor(carphone()), tensor(picture), OPAQUE).numpy()
    assert (found & where).sum() / (found | where).sum() > 0.9
    wide = cv2.dilate(where.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert not found[~wide].any()


@pytest.mark.parametrize(("brush", "least"), [("covering", 0.9), ("lighter", 0.9), ("a reddish tint", 0.7)])
def test_paint_is_found_in_a_jpeg(brush: str, least: float) -> None:
    picture, where, colour = carphone().copy(), disc(), BRUSHES[brush]
    picture[where] = colour if brush == "covering" else np.clip(picture[where] + colour, 0, 255)
    found = painted(tensor(carphone()), tensor(as_jpeg(picture, 95)), OPAQUE).numpy()
    assert (found & where).sum() / (found | where).sum() > least
    assert not found[:30].any() and not found[100:].any()


def test_a_thin_line_is_found_as_it_is() -> None:
    picture = swscale()
    line = np.zeros((144, 176), bool)
    line[np.arange(30, 70), np.arange(60, 100)] = True
    picture[line] = np.clip(picture[line] + 60, 0, 255)
    found = painted(tensor(carphone()), tensor(picture), OPAQUE).numpy()
    assert found[line].mean() > 0.95
    assert not found[cv2.dilate(line.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0].any()


def test_transparent_parts_were_not_painted() -> None:
    picture, opacity = np.full_like(carphone(), 255), torch.zeros(144, 176)
    opacity[20:60, 30:90] = 1
    found = painted(tensor(carphone()), tensor(picture), opacity).numpy()
    assert found[22:58, 32:88].all() and not found[:18].any() and not found[62:].any() and not found[:, 92:].any()


def test_a_picture_that_is_another_one_was_changed_everywhere() -> None:
    assert painted(tensor(carphone()), 1 - tensor(carphone()), OPAQUE).float().mean() > 0.9


def decoded_by(matrix: NDArray[np.float64], pixels: Pixels) -> Pixels:
    return np.clip(pixels @ matrix.T, 0, 255).round().astype(np.float32)


def test_another_matrix_is_no_paint_and_is_taken_back() -> None:
    """An untagged video of 1280 columns is BT.709 to players and BT.601 to FFmpeg."""
    red, blue = 0.2126, 0.0722
    forth = np.array(
        [
            [red, 1 - red - blue, blue],
            [-red / (2 - 2 * blue), (red + blue - 1) / (2 - 2 * blue), 0.5],
            [0.5, (red + blue - 1) / (2 - 2 * red), -blue / (2 - 2 * red)],
        ]
    )
    back = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
    vivid = np.clip(carphone() + 1.5 * (carphone() - carphone().mean(2, keepdims=True)), 20, 235)
    picture, where = decoded_by(back @ forth, vivid), disc()
    assert np.abs(picture - vivid).max() > 8
    mended = in_matrix_of(tensor(vivid), tensor(picture), BT709)
    assert (mended - tensor(vivid)).abs().mean() < 1 / 255
    assert not painted(tensor(vivid), mended, OPAQUE, matrix=BT709).any()
    picture[where] = (0, 220, 40)
    mended = in_matrix_of(tensor(vivid), tensor(picture), BT709)
    found = painted(tensor(vivid), mended, OPAQUE, matrix=BT709).numpy()
    assert (found & where).sum() / (found | where).sum() > 0.95


def test_without_subsampling_nothing_is_excused() -> None:
    """A tint along an edge of colours, as interpolated chroma could be: in RGB it was painted."""
    frame = np.full((144, 176, 3), 120, np.float32)
    frame[:, 88:] = (160, 100, 100)
    picture = frame.copy()
    picture[40:80, 86:90] += (8, 0, -8)
    strict = painted(tensor(frame), tensor(picture), OPAQUE, subsampled=False).numpy()
    assert strict[42:78, 86:90].all()
    assert not painted(tensor(frame), tensor(picture), OPAQUE).any()
