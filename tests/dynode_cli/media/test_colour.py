from __future__ import annotations

import av
import numpy as np
import pytest

from dynode_cli.errors import InputError
from dynode_cli.media.colour import ColourSpec, from_rgb, resolve, to_rgb
from dynode_cli.media.pixels import layout_of, planes
from dynode_cli.synthetic.clips import moving_texture

LUMA = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
SPECS = [ColourSpec(matrix, full) for matrix in LUMA for full in (False, True)]


def by_the_book(image: np.ndarray, spec: ColourSpec, bits: int) -> list[np.ndarray]:
    """Y, Cb and Cr code values of an RGB image in [0, 1], straight from the recommendations."""
    red, blue = LUMA[spec.matrix]
    luma = red * image[..., 0] + (1 - red - blue) * image[..., 1] + blue * image[..., 2]
    cb = (image[..., 2] - luma) / (2 * (1 - blue))
    cr = (image[..., 0] - luma) / (2 * (1 - red))
    if spec.full_range:
        top = (1 << bits) - 1
        return [luma * top, cb * top + (1 << bits - 1), cr * top + (1 << bits - 1)]
    step = 1 << (bits - 8)
    return [(16 + 219 * luma) * step, (128 + 224 * cb) * step, (128 + 224 * cr) * step]


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize(("pix_fmt", "bits", "dtype"), [("yuv444p", 8, np.uint8), ("yuv444p10le", 10, np.uint16)])
def test_conversion_is_that_of_the_recommendations(spec: ColourSpec, pix_fmt: str, bits: int, dtype: type) -> None:
    white = np.iinfo(dtype).max
    image = np.random.default_rng(0).integers(0, white + 1, (32, 48, 3)).astype(dtype)
    coded = planes(from_rgb(image, pix_fmt, spec))
    for part, expected in zip(coded, by_the_book(image / white, spec, bits), strict=True):
        # Rounding takes half a level; the matrix itself is applied in fixed point.
        assert np.abs(part - np.minimum(expected, (1 << bits) - 1)).max() < 0.7
    back = to_rgb(from_rgb(image, pix_fmt, spec), spec)
    # The error of each of Y, Cb and Cr, magnified by its coefficient.
    assert np.abs(back / white - image / white).max() < 2.8 / (1 << bits)
    assert abs((back / white - image / white).mean()) < 0.05 / (1 << bits)


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "p010le"])
def test_a_frame_that_goes_round_once_more_does_not_change(spec: ColourSpec, pix_fmt: str) -> None:
    deep = layout_of(pix_fmt).bits > 8
    original = moving_texture(1, size=(72, 96))[0].astype(np.uint16 if deep else np.uint8) * (257 if deep else 1)
    once = to_rgb(from_rgb(original, pix_fmt, spec), spec)
    twice = to_rgb(from_rgb(once, pix_fmt, spec), spec)
    assert once.dtype == (np.uint16 if deep else np.uint8)
    levels = np.abs(twice.astype(float) - once) / (257 if deep else 1)
    assert levels.mean() < 0.35
    assert abs((twice.astype(float) - once).mean()) / (257 if deep else 1) < 0.05


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_greys_stay_grey(spec: ColourSpec) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(8, axis=0)
    back = to_rgb(from_rgb(grey, "yuv420p", spec), spec).astype(int)
    assert (back.max(axis=2) - back.min(axis=2)).max() <= 1
    assert np.abs(back - grey).max() <= 1
    assert back[0, 0, 0] == 0 and back[0, 255, 0] == 255


@pytest.mark.parametrize("pix_fmt", ["rgb24", "gbrp", "bgr0", "rgba", "gbrap", "rgb48le", "gbrp16le", "rgba64be"])
def test_rgb_formats_are_exact(pix_fmt: str) -> None:
    deep = layout_of(pix_fmt).bits > 8
    alpha = layout_of(pix_fmt).alpha
    image = np.random.default_rng(1).integers(0, 65536 if deep else 256, (9, 11, 4 if alpha else 3))
    image = image.astype(np.uint16 if deep else np.uint8)
    back = to_rgb(from_rgb(image, pix_fmt, ColourSpec(1, False)), ColourSpec(1, False), alpha=alpha)
    assert np.array_equal(back, image)


@pytest.mark.parametrize("pix_fmt", ["yuva420p", "yuva444p10le"])
def test_alpha_survives_and_is_opaque_when_there_is_none(pix_fmt: str) -> None:
    spec = ColourSpec(1, False)
    image = np.dstack([moving_texture(1)[0], np.tile(np.arange(96, dtype=np.uint8), (64, 1))])
    back = to_rgb(from_rgb(image, pix_fmt, spec), spec, alpha=True, deep=False)
    assert np.abs(back[..., 3].astype(int) - image[..., 3]).max() <= (0 if pix_fmt == "yuva420p" else 1)
    assert to_rgb(from_rgb(image[..., :3].copy(), pix_fmt, spec), spec, alpha=True, deep=False)[..., 3].min() == 255


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 5), (17, 33)])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv410p", "yuv411p"])
def test_odd_sizes(size: tuple[int, int], pix_fmt: str) -> None:
    image = np.full((*size, 3), (200, 80, 40), np.uint8)
    back = to_rgb(from_rgb(image, pix_fmt, ColourSpec(6, False)), ColourSpec(6, False))
    assert back.shape == image.shape
    assert np.abs(back.astype(int) - image).max() <= 2


def test_floats_and_planar_memory_give_what_bytes_give() -> None:
    image = moving_texture(1)[0]
    spec = ColourSpec(1, False)
    planar = np.ascontiguousarray((image / np.float32(255)).astype(np.float32).transpose(2, 0, 1)).transpose(1, 2, 0)
    expected, found = planes(from_rgb(image, "yuv420p", spec)), planes(from_rgb(planar, "yuv420p", spec))
    assert all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(expected, found, strict=True))
    above = np.full((4, 4, 3), 1.5, np.float32)
    assert to_rgb(from_rgb(above, "yuv444p", spec), spec).min() == 255


def test_chroma_is_not_shifted() -> None:
    """Half a pixel of shift in 4:2:0 would change this wave of chroma by up to 8 levels."""
    wave = 60 * np.sin(np.arange(64) * 2 * np.pi / 24)
    across = np.stack([128 + wave, np.full(64, 128.0), 128 - wave], axis=-1)[None].repeat(64, axis=0)
    for image in (across, across.transpose(1, 0, 2)):
        coded = np.ascontiguousarray(np.rint(image).astype(np.uint8))
        back = to_rgb(from_rgb(coded, "yuv420p", ColourSpec(1, False)), ColourSpec(1, False)).astype(float)
        assert np.abs(back - image)[4:-4, 4:-4].max() < 4


def test_missing_tags_are_guessed_as_players_do() -> None:
    assert resolve(2, 0, "yuv420p", 640, 480) == (ColourSpec(6, False), {"matrix", "range"})
    assert resolve(2, 0, "yuv420p", 1280, 720) == (ColourSpec(1, False), {"matrix", "range"})
    assert resolve(2, 1, "yuv420p", 720, 576)[0] == ColourSpec(6, False)
    assert resolve(9, 2, "yuv420p10le", 640, 480) == (ColourSpec(9, True), set())
    assert resolve(2, 0, "yuvj420p", 1920, 1080)[0] == ColourSpec(6, True)
    assert resolve(2, 0, "rgb24", 640, 480)[1] == set()


def test_swscale_formats_are_read_through_the_same_matrix() -> None:
    """A packed 4:2:2 frame gives what the planar one gives."""
    image = moving_texture(1)[0]
    spec = ColourSpec(9, True)
    planar = from_rgb(image, "yuv422p", spec)
    packed = from_rgb(image, "yuyv422", spec)
    assert isinstance(packed, av.VideoFrame) and packed.format.name == "yuyv422"
    assert np.array_equal(to_rgb(packed, spec), to_rgb(planar, spec))


def ycgco_frame(image: np.ndarray, *, full_range: bool) -> av.VideoFrame:
    """8-bit YCgCo by the equations of ITU-T H.273: of RGB in whole numbers, of the range of luma."""
    red, green, blue = np.moveaxis(image.astype(float) if full_range else 16 + 219 / 255 * image, 2, 0)
    parts = [green / 2 + (red + blue) / 4, green / 2 - (red + blue) / 4 + 128, (red - blue) / 2 + 128]
    frame = av.VideoFrame(image.shape[1], image.shape[0], "yuv444p")
    for plane, part in zip(planes(frame), parts, strict=True):
        plane[:] = np.rint(part)
    return frame


@pytest.mark.parametrize("full_range", [False, True])
def test_ycgco_is_that_of_its_equations(full_range: bool) -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    spec, guessed = resolve(8, 2 if full_range else 1, "yuv444p", 48, 32)
    assert spec.matrix == 8 and not guessed
    frame = ycgco_frame(image, full_range=full_range)
    assert np.abs(to_rgb(frame, spec).astype(int) - image).max() <= 3
    again = from_rgb(image, "yuv444p", spec)
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(planes(again), planes(frame), strict=True)) <= 1


def test_a_matrix_that_belongs_to_primaries_is_theirs() -> None:
    assert resolve(12, 1, "yuv420p", 640, 480, primaries=1)[0].matrix == 1
    assert resolve(12, 1, "yuv420p", 640, 480, primaries=9)[0].matrix == 9


@pytest.mark.parametrize("matrix", [10, 11, 12, 13, 14, 15, 16, 17])
def test_colours_that_no_matrix_here_explains_are_refused(matrix: int) -> None:
    with pytest.raises(InputError, match=r"clip\.mp4: its colours are coded as"):
        resolve(matrix, 1, "yuv420p", 640, 480, primaries=12, name="clip.mp4")
    assert resolve(matrix, 1, "gbrp", 640, 480)[0].matrix == 6
