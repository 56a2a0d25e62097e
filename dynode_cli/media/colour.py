"""Colour conversion (YUV matrix and range): the one way from a video frame to RGB and back.

Source frames and generated frames take the same path, with matrix and range stated every time, so that neither is
tinted beside the other. RGB is full range and in the transfer curve of the video (nothing is linearised): 8-bit
video gives uint8, deeper video uint16, where 65535 is white.

The matrix (ITU-R BT.601-7, BT.709-6 and BT.2020-2, "signal format") is applied here rather than by swscale, whose
full-range chroma is half a level off and whose 16-bit white is 65280. swscale only unpacks unusual pixel formats.
YCgCo is that of ISO/IEC 23091-2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from dynode_cli.errors import InputError
from dynode_cli.media.chroma import LEFT, LOCATIONS, downsample, upsample
from dynode_cli.media.colour_names import MATRICES
from dynode_cli.media.pixels import layout_of, planar_yuv, planes, white_of

Image = NDArray[Any]

UNSPECIFIED = 2
RGB = 0
BT709 = 1
BT601 = 6
BT2020 = 9
LIMITED = 1
FULL = 2

# Weights of red and blue in luma, by number in ISO/IEC 23091-2 (matrix coefficients).
_LUMA = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
_YCGCO = 8
_CHROMA_DERIVED = 12
# Those that belong to primaries, where they are one of the above.
_DERIVED = {1: 1, 9: 9}
# Names of other numbers, which are no matrix or which are not converted, are in MATRICES; a file with one of these
# numbers says nothing.
_SAYS_NOTHING = {0, 2, 3}
# What swscale calls the same matrices, for the reformats that only move samples.
_SWSCALE = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 8: 5, 9: 9}
# Bicubic, with swscale's SWS_ACCURATE_RND and SWS_FULL_CHR_H_INT, which PyAV names only since version 18.
_EXACT = int(Interpolation.BICUBIC) | 0x40000 | 0x2000

ONE_THREAD: dict[str, Any] = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}
"""Argument that keeps swscale to one thread; PyAV has it since version 17, and before that it always was."""


@dataclass(frozen=True)
class ColourSpec:
    """How the numbers in a YUV frame mean colours. Does not matter for RGB."""

    matrix: int
    """Matrix coefficients, as numbered in ISO/IEC 23091-2."""
    full_range: bool
    chroma_location: str = LEFT
    """Where subsampled chroma lies; see :mod:`~.chroma`."""


def resolve(
    matrix: int,
    value_range: int,
    pix_fmt: str,
    width: int,
    height: int,
    *,
    primaries: int = UNSPECIFIED,
    chroma_location: str = LEFT,
    name: str = "the video",
) -> tuple[ColourSpec, set[str]]:
    """The colour specification that tags mean, and the names of those that had to be guessed.

    An unspecified (or unknown) matrix is BT.709 from 1280 columns or 577 rows up and BT.601 below, which is what
    players assume; BT.601 for full-range JPEG formats. An unspecified range is limited, but full for JPEG formats,
    grey and RGB.

    Raises:
        InputError: YUV that is coded by none of the matrices that are known here.
    """
    guessed = set()
    jpeg = pix_fmt.startswith("yuvj")
    kind = layout_of(pix_fmt).kind
    if matrix == _CHROMA_DERIVED:
        matrix = _DERIVED.get(primaries, matrix)
    if not knows_matrix(matrix):
        if kind == "yuv" and matrix not in _SAYS_NOTHING:
            coding = MATRICES.get(matrix, f"matrix {matrix}")
            raise InputError(
                f"{name}: its colours are coded as {coding}, which cannot be converted here",
                hint="convert the video to BT.709 or BT.2020 first, for example with FFmpeg's filter zscale=matrix=709",
            )
        hd = width >= 1280 or height > 576
        matrix = BT709 if hd and not jpeg else BT601
        if kind == "yuv":
            guessed.add("matrix")
    if value_range not in (LIMITED, FULL):
        value_range = FULL if jpeg or kind != "yuv" else LIMITED
        if kind == "yuv" and not jpeg:
            guessed.add("range")
    location = chroma_location if chroma_location in LOCATIONS else LEFT
    return ColourSpec(matrix, value_range == FULL, location), guessed


def knows_matrix(matrix: int) -> bool:
    """Whether frames with these matrix coefficients are converted as they should be."""
    return matrix in _LUMA or matrix == _YCGCO


def players_know(matrix: int) -> bool:
    """Whether programs that show video convert frames with these matrix coefficients; hardly one knows YCgCo."""
    return matrix in _LUMA


def luma_chroma(matrix: int) -> NDArray[np.float64]:
    """(3, 3): RGB in [0, 1] to luma in [0, 1] and chroma, blue and red (or green and orange), in [-0.5, 0.5].

    An unknown matrix is BT.601.
    """
    if matrix == _YCGCO:
        return np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0, -0.5]])
    red, blue = _LUMA.get(matrix, _LUMA[BT601])
    luma = np.array([red, 1 - red - blue, blue])
    return np.stack(
        [luma, (np.array([0, 0, 1]) - luma) / (2 - 2 * blue), (np.array([1, 0, 0]) - luma) / (2 - 2 * red)]
    )


def to_rgb(frame: av.VideoFrame, spec: ColourSpec, *, alpha: bool = False, deep: bool | None = None) -> Image:
    """`frame` as (H, W, 3) or, with `alpha`, (H, W, 4): uint8 or, if `deep` (default: as the frame is), uint16."""
    layout = layout_of(frame.format.name)
    if frame.format.name != layout.planar:
        frame = _unpacked(frame, layout.planar, spec)
        layout = layout_of(layout.planar)
    parts = planes(frame)
    if deep is None:
        deep = layout.bits > 8
    white = 65535 if deep else 255
    opaque = 1.0 if layout.bits > 16 else float((1 << layout.bits) - 1)
    if layout.kind == "rgb":
        green, blue, red = parts[:3]
        stack = [red, green, blue, *parts[3:4]]
        matrix = _scaling(len(stack), white / opaque)
    elif layout.kind == "gray":
        stack = parts[:1]
        matrix = _grey(spec.full_range, layout.bits, white)
    else:
        width, height = frame.width, frame.height
        sampling = layout.across, layout.down, spec.chroma_location
        chroma = [upsample(part, width, height, *sampling) for part in parts[1:3]]
        stack = [parts[0], *chroma, *parts[3:4]]
        matrix = _to_rgb_matrix(spec, layout.bits, white, len(stack))
    image = _transform(stack, matrix, deep)
    if alpha and image.shape[2] == 3:
        return cv2.merge([image, np.full(image.shape[:2], white, image.dtype)])
    return image if alpha else image[..., :3]


def from_rgb(image: Image, pix_fmt: str, spec: ColourSpec) -> av.VideoFrame:
    """A frame of `pix_fmt` from RGB (H, W, 3 or 4): uint8, uint16, or float32 in [0, 1].

    If the format has no alpha the image is laid over black; if the image has none it is opaque. RGB formats ignore
    `spec`.
    """
    layout = layout_of(pix_fmt)
    frame = av.VideoFrame(image.shape[1], image.shape[0], layout.planar)
    parts = planes(frame)
    target = layout_of(layout.planar)
    image = _quantised(image, target.bits)
    white = white_of(image.dtype)
    top = 1.0 if target.bits > 16 else float((1 << target.bits) - 1)
    colour = image[..., :3]
    if image.shape[2] == 4 and not layout.alpha:
        # What is hardly there has hardly any colour of its own: shown in full, it would be noise.
        colour = cv2.multiply(colour, cv2.merge([image[..., 3]] * 3), scale=1 / white)
    if target.kind == "rgb":
        channels = _split(colour, _scaling(3, top / white), target.bits)
        for part, channel in zip(parts, (channels[1], channels[2], channels[0]), strict=False):
            _store(part, channel, top)
    elif target.kind == "gray":
        _store(parts[0], _split(colour, _from_rgb_matrix(spec, target.bits, white)[:1], target.bits)[0], top)
    else:
        luma, *chroma = _split(colour, _from_rgb_matrix(spec, target.bits, white), target.bits)
        _store(parts[0], luma, top)
        for part, channel in zip(parts[1:3], chroma, strict=True):
            _store(part, downsample(channel, target.across, target.down, spec.chroma_location), top)
    if len(parts) > 3:
        if image.shape[2] == 4:
            _store(parts[3], _split(image[..., 3:], _scaling(1, top / white), target.bits)[0], top)
        else:
            parts[3][:] = top
    return frame if layout.planar == pix_fmt else _unpacked(frame, pix_fmt, spec)


def resized(frame: av.VideoFrame, width: int, height: int, spec: ColourSpec) -> av.VideoFrame:
    """`frame` scaled to `width` x `height`, its colours untouched."""
    return _reformat(frame, frame.format.name, spec, width, height)


def best_chroma_format(bits: int, alpha: bool) -> str:
    """The 4:4:4 format of this depth."""
    return planar_yuv(bits, alpha, 1, 1)


def _transform(stack: list[Image], matrix: Image, deep: bool) -> Image:
    merged = cv2.merge(stack) if len(stack) > 1 else np.ascontiguousarray(stack[0])
    if merged.dtype == np.uint8 and deep:
        merged = merged.astype(np.uint16)
    image: Image = cv2.transform(merged, _balanced(matrix) if merged.dtype == np.uint8 else matrix)
    if image.dtype == np.float32:
        # EXR and the like: what is brighter than white becomes white.
        return cv2.addWeighted(image, 1.0, image, 0.0, 0.0, dtype=cv2.CV_16U if deep else cv2.CV_8U)
    return image if deep or image.dtype == np.uint8 else image.astype(np.uint8)


def _quantised(image: Image, bits: int) -> Image:
    """`image` interleaved in memory, and floats as whole numbers that are fine enough for `bits`."""
    depth = cv2.CV_8U if bits <= 8 else cv2.CV_16U
    whole = image.dtype == np.float32 and bits <= 16
    white = 255.0 if bits <= 8 else 65535.0
    if image.flags.c_contiguous:
        return cv2.addWeighted(image, white, image, 0.0, 0.0, dtype=depth) if whole else image
    # Planes in memory, as tensors have them: OpenCV interleaves faster than numpy.
    parts = [np.ascontiguousarray(image[..., i]) for i in range(image.shape[2])]
    if whole:
        parts = [cv2.addWeighted(part, white, part, 0.0, 0.0, dtype=depth) for part in parts]
    return cv2.merge(parts)


def _split(image: Image, matrix: Image, bits: int) -> list[Image]:
    if image.dtype == np.uint8 and bits > 8:
        image = image.astype(np.uint16)
    if bits > 16:
        image = image.astype(np.float32)
    # cv2 wants the innermost axis to be its channels; a slice that drops alpha is not.
    mixed: Image = cv2.transform(
        np.ascontiguousarray(image), _balanced(matrix) if image.dtype == np.uint8 else matrix
    )
    return [mixed] if mixed.ndim == 2 else list(cv2.split(mixed))


def _balanced(matrix: Image) -> Image:
    """`matrix` as OpenCV applies it to bytes, its coefficients rounded to 1/1024, with offsets that make up for that.

    At mid-grey the result is exact, so that rounding tints nothing.
    """
    core = np.rint(matrix[:, :-1] * 1024) / 1024
    offset = matrix[:, -1] + (matrix[:, :-1] - core) @ np.full(core.shape[1], 128.0)
    return np.hstack([core, offset[:, None]])


def _store(part: Image, values: Image, top: float) -> None:
    """Round `values` into `part`, no more than `top`."""
    if values.dtype == np.uint16 and part.dtype == np.uint8:
        values = cv2.convertScaleAbs(values)
    if part.dtype == np.uint16 and top < 65535:
        np.minimum(values, np.uint16(top), out=part)
    else:
        part[:] = values


def without_transfer(frame: av.VideoFrame) -> av.VideoFrame:
    """`frame` with its transfer function untold: scaling applies none, but FFmpeg 8.0 refuses some that it reads."""
    if hasattr(frame, "color_trc"):
        frame.color_trc = UNSPECIFIED
    return frame


def _reformat(frame: av.VideoFrame, pix_fmt: str, spec: ColourSpec, width: int, height: int) -> av.VideoFrame:
    value_range = FULL if spec.full_range else LIMITED
    matrix = _SWSCALE[spec.matrix]
    return VideoReformatter().reformat(
        without_transfer(frame),
        width=width,
        height=height,
        format=pix_fmt,
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=FULL if layout_of(frame.format.name).kind == "rgb" else value_range,
        dst_color_range=FULL if layout_of(pix_fmt).kind == "rgb" else value_range,
        interpolation=_EXACT,
        **ONE_THREAD,
    )


def _unpacked(frame: av.VideoFrame, pix_fmt: str, spec: ColourSpec) -> av.VideoFrame:
    return _reformat(frame, pix_fmt, spec, frame.width, frame.height)


@cache
def _scaling(channels: int, factor: float) -> Image:
    return np.hstack([np.eye(channels) * factor, np.zeros((channels, 1))]).astype(np.float64)


def _code_range(full_range: bool, bits: int) -> tuple[float, float, float, float]:
    """(black, luma span, chroma zero, chroma span) in code values."""
    if full_range:
        top = float((1 << bits) - 1)
        return 0.0, top, float(1 << (bits - 1)), top
    step = float(1 << (bits - 8))
    return 16 * step, 219 * step, 128 * step, 224 * step


@cache
def _grey(full_range: bool, bits: int, white: float) -> Image:
    black, span = (0.0, 1.0) if bits > 16 else _code_range(full_range, bits)[:2]
    return np.repeat([[white / span, -black * white / span]], 3, axis=0)


def _spans(spec: ColourSpec, bits: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(3,) code values of zero, and of a span of 1, in luma and both kinds of chroma."""
    black, span, zero, swing = (0.0, 1.0, 0.0, 1.0) if bits > 16 else _code_range(spec.full_range, bits)
    if spec.matrix == _YCGCO:
        # It is applied to RGB in the range of luma.
        swing = span
    return np.array([black, zero, zero]), np.array([span, swing, swing])


@cache
def _to_rgb_matrix(spec: ColourSpec, bits: int, white: float, channels: int) -> Image:
    """(channels, channels + 1): code values to RGB, and alpha to alpha."""
    zeros, spans = _spans(spec, bits)
    core = np.linalg.inv(luma_chroma(spec.matrix)) / spans * white
    matrix = np.zeros((channels, channels + 1))
    matrix[:3, :3] = core
    matrix[:3, -1] = -core @ zeros
    if channels == 4:
        matrix[3, 3] = white / ((1 << bits) - 1)
    return matrix


@cache
def _from_rgb_matrix(spec: ColourSpec, bits: int, white: float) -> Image:
    """(3, 4): RGB to code values."""
    zeros, spans = _spans(spec, bits)
    return np.hstack([luma_chroma(spec.matrix) * spans[:, None] / white, zeros[:, None]])
