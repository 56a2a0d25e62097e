"""Encoders: which codec, pixel format, quality (crf), preset and options an output gets."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from dynode_cli.errors import UsageError
from dynode_cli.media.containers import CONTAINERS, PIPE, PIPED, Container, container_for
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.pixels import layout_of
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.suggestions import closest, hint

_ALIASES = {
    "h264": "libx264", "x264": "libx264", "avc": "libx264", "h265": "libx265", "x265": "libx265", "hevc": "libx265",
    "av1": "libsvtav1", "svtav1": "libsvtav1", "vp9": "libvpx-vp9", "vp8": "libvpx", "prores": "prores_ks",
    "webp": "libwebp_anim", "jpeg": "mjpeg", "jpg": "mjpeg",
}  # fmt: skip
_HARDWARE = {
    "_nvenc": "an NVIDIA GPU and its driver", "_qsv": "a GPU of Intel and its driver",
    "_amf": "an AMD GPU and its driver", "_v4l2m2m": "an encoder in the chip, as small boards have it",
    "_vaapi": "a GPU with VA-API, on Linux", "_videotoolbox": "macOS", "_mf": "Media Foundation, of Windows",
    "_vulkan": "a GPU that encodes with Vulkan", "_d3d12va": "a GPU that encodes with Direct3D 12, on Windows",
}  # fmt: skip
"""What encoders need that are not for every computer, by how their names end."""


@dataclass(frozen=True)
class Encoder:
    """Everything that is settled before the first frame."""

    codec: str
    pix_fmt: str
    options: Mapping[str, str]
    container: Container
    warnings: tuple[str, ...] = ()


# Encoder: quality (crf) or None, preset or None, and options that are always wanted. x264's presets were measured on
# 1280 x 720 footage at crf 17: veryfast 17 ms of CPU time and 15.4 kB a frame, medium 46 ms and 14.1 kB.
_DEFAULTS: dict[str, tuple[float | None, str | None, dict[str, str]]] = {
    "libx264": (17, "veryfast", {}),
    "libx264rgb": (17, "veryfast", {}),
    "libx265": (20, "fast", {"x265-params": "log-level=error"}),
    "libsvtav1": (24, "8", {}),
    "libvpx-vp9": (22, None, {"b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"}),
    "libvpx": (10, None, {"b": "8M", "deadline": "good", "cpu-used": "4"}),
    "ffv1": (None, None, {"level": "3", "slicecrc": "1"}),
    "libwebp_anim": (None, None, {"lossless": "0", "quality": "90"}),
    "libwebp": (None, None, {"lossless": "0", "quality": "95"}),
    "mpeg4": (None, None, {"flags": "+qscale", "global_quality": "236"}),
    "mpeg2video": (None, None, {"flags": "+qscale", "global_quality": "236"}),
    "mjpeg": (None, None, {"flags": "+qscale", "global_quality": "236"}),
    "apng": (None, None, {"pred": "mixed"}),
    "png": (None, None, {"pred": "mixed"}),
}
# Options that say in another way how good the output shall be, and that a default quality would override.
_RATE_CONTROL = {"qp", "b", "crf", "cqp", "global_quality", "lossless"}
# Best and worst quality (crf) of encoders that clip to them without a word, and of which FFmpeg states no limit.
_QUALITIES = {"libx264": (0, 51), "libx264rgb": (0, 51), "libx265": (0, 51)}
_NO_LIMIT = 1e6
_TAKES_PRESET = {"libx264", "libx264rgb", "libx265", "libsvtav1"}
_EVEN_ONLY = {"libx264", "libx265", "libsvtav1", "h264", "hevc"}
_RGB_BY_NATURE = {"ffv1", "gif", "apng", "png", "libwebp_anim", "libwebp", "bmp", "tiff", "exr", "dpx", "ppm", "qoi",
                  "targa", "qtrle", "libx264rgb"}  # fmt: skip


def available_encoders() -> tuple[str, ...]:
    """Video encoders that this build of FFmpeg has, those that need special hardware left out."""
    names = set()
    for name in av.codecs_available:
        try:
            codec = av.Codec(name, "w")
        except ValueError:
            continue
        if codec.type == "video" and not hardware_of(codec.name):
            names.add(codec.name)
    return tuple(sorted(names - {"wrapped_avframe", "vnull", "bitpacked"}))


def hardware_of(codec: str) -> str | None:
    """What encoder `codec` needs of the computer, if it needs more than a processor."""
    return next((need for ending, need in _HARDWARE.items() if codec.endswith(ending)), None)


def encoder_for(
    target: str, info: MediaInfo, options: EncoderOptions, *, size: tuple[int, int] | None = None
) -> Encoder:
    """Settle the encoder of `target` for video like `info`.

    Arguments:
        size: (width, height) of the output, by default that of `info`.

    Raises:
        UsageError: an unknown or unsuitable codec, pixel format, preset or quality.
    """
    return settle(container_for(target), info, options, size or (info.width, info.height))


def settle(container: Container, info: MediaInfo, options: EncoderOptions, size: tuple[int, int]) -> Encoder:
    """As :func:`encoder_for`, for a container (or kind of image) that is known."""
    codec = _codec(options.codec or container.codec)
    if codec.name == "libsvtav1":
        # The only way to keep it from writing its settings to the terminal.
        os.environ.setdefault("SVT_LOG", "1")
    warnings: list[str] = []
    pix_fmt = _pixel_format(codec, info, options.pix_fmt, size, warnings)
    return Encoder(codec.name, pix_fmt, _options(codec.name, options, container), container, tuple(warnings))


def _codec(name: str) -> av.Codec:
    wanted = _ALIASES.get(name.lower(), name.lower())
    try:
        codec = av.Codec(wanted, "w")
    except ValueError as error:
        known = available_encoders()
        close = closest(name, [*known, *_ALIASES])
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(
            f"there is no encoder '{name}'",
            hint=f"{meant}common: libx264, libx265, libsvtav1, libvpx-vp9, ffv1, prores_ks; all: `dynode doctor`",
        ) from error
    if codec.type != "video":
        raise UsageError(f"'{name}' encodes {codec.type}, not video")
    return codec


def check_options(target: str | None, options: EncoderOptions) -> None:
    """Refuse what no source would make right, before one is looked through.

    Arguments:
        target: where the output goes; None if that is not known yet.

    Raises:
        UsageError: an unknown codec, or a pixel format, preset or quality that it has not.
    """
    container = PIPED if target == PIPE else CONTAINERS.get(Path(target or "").suffix.lower())
    name = options.codec or (container.codec if container is not None else None)
    if name is None:
        return
    codec = _codec(name)
    _formats(codec, options.pix_fmt)
    _options(codec.name, options, container or PIPED)


def _formats(codec: av.Codec, wanted: str | None) -> list[str]:
    """Names of the pixel formats of `codec`, of which `wanted` must be one if it is given."""
    supported = [each.name for each in codec.video_formats or ()] or ["yuv420p"]
    if wanted is not None and wanted not in supported:
        raise UsageError(
            f"{codec.name} cannot write pixel format '{wanted}'", hint=hint(wanted, supported, what="it can write")
        )
    return supported


def _pixel_format(
    codec: av.Codec, info: MediaInfo, wanted: str | None, size: tuple[int, int], warnings: list[str]
) -> str:
    supported = _formats(codec, wanted)
    if wanted is not None:
        chosen = wanted
    else:
        chosen = next((name for name in _preferred(codec.name, info) if name in supported), supported[0])
        odd = bool(size[0] % 2 or size[1] % 2)
        if odd and codec.name in _EVEN_ONLY and layout_of(chosen).across * layout_of(chosen).down > 1:
            full = "yuv444p10le" if layout_of(chosen).bits > 8 else "yuv444p"
            if full not in supported:
                raise UsageError(
                    f"{codec.name} cannot write an odd size ({size[0]} x {size[1]})", hint="use --codec libx264"
                )
            chosen = full
            warnings.append(
                f"{size[0]} x {size[1]} is an odd size: written as {full}, which some players cannot show"
            )
        elif codec.name == "libx264" and layout_of(chosen).bits > 8:
            warnings.append(
                f"written as H.264 of {layout_of(chosen).bits} bits, which many phones and televisions cannot show "
                "(--codec libx265 keeps the bits, --pix-fmt yuv420p writes 8)"
            )
    if info.alpha and not layout_of(chosen).alpha and chosen != "pal8":
        warnings.append(f"transparency is lost: {codec.name} has none in {chosen}")
    if info.deep and layout_of(chosen).bits <= 8 and layout_of(chosen).kind == "yuv" and wanted is None:
        warnings.append(f"{codec.name} writes 8 bits of the source's {info.bit_depth}")
    return chosen


def _preferred(codec: str, info: MediaInfo) -> list[str]:
    """Pixel formats from best to worst for a source like `info`."""
    if codec == "gif":
        return ["pal8"]
    if codec == "exr":
        return ["gbrapf32le", "gbrpf32le"] if info.alpha else ["gbrpf32le"]
    shallow = ["rgba", "bgra", "argb"] if info.alpha else ["rgb24", "bgr24", "bgr0", "gbrp", "bgra"]
    deep = ["gbrap16le", "rgba64be", "rgba64le"] if info.alpha else ["gbrp16le", "rgb48be", "rgb48le", "gbrp12le"]
    if codec in _RGB_BY_NATURE:
        return [*(deep if info.deep else []), *shallow, "rgb24"]
    if codec == "mjpeg":
        return ["yuvj444p"]
    if codec in ("prores_ks", "prores"):
        return ["yuva444p10le", "yuv422p10le"] if info.alpha else ["yuv422p10le"]
    opaque = ["yuv420p10le", "yuv422p10le"] if info.deep else []
    opaque += ["yuv420p", "yuv422p", "yuv444p"]
    see_through = ["yuva420p10le"] if info.deep else []
    # x265 lists alpha, but hardly a decoder reads it back.
    return opaque if not info.alpha or codec == "libx265" else [*see_through, "yuva420p", "yuva444p", *opaque]


def _options(codec: str, wanted: EncoderOptions, container: Container) -> dict[str, str]:
    crf, preset, always = _DEFAULTS.get(codec, (None, None, {}))
    options = dict(always)
    if codec == "libx264" and not container.stores_order:
        options["bf"] = "0"
    if wanted.crf is not None:
        if crf is None and not _has_option(codec, "crf"):
            raise UsageError(f"--crf: {codec} has no constant quality", hint="set its own options with --encoder-opt")
        _check_quality(codec, wanted.crf)
        crf = wanted.crf
    elif not _RATE_CONTROL.isdisjoint(wanted.options):
        crf = None
    if crf is not None:
        options["crf"] = f"{crf:g}"
    if wanted.preset is not None:
        if codec not in _TAKES_PRESET and not _has_option(codec, "preset"):
            raise UsageError(f"--preset: {codec} has no presets", hint="set its own options with --encoder-opt")
        preset = wanted.preset
    if preset is not None:
        options["preset"] = preset
    for name, value in wanted.options.items():
        joined = name == "x265-params" and name in options
        options[name] = f"{options[name]}:{value}" if joined else str(value)
    return options


def _check_quality(codec: str, crf: float) -> None:
    """Refuse a quality that `codec` would refuse later, or silently take for another one."""
    known = next((option for option in _private_options(codec) if option.name == "crf"), None)
    low, high = _QUALITIES.get(codec, (-math.inf, math.inf))
    if known is not None and known.max < _NO_LIMIT:
        # Less than 0 stands for the encoder's own default.
        low, high = max(0, known.min), known.max
    if not low <= crf <= high:
        raise UsageError(f"--crf {crf:g}: {codec} takes {low:g} (best) to {high:g} (worst)")


def _has_option(codec: str, name: str) -> bool:
    return any(option.name == name for option in _private_options(codec))


def option_names(codec: str) -> list[str]:
    """The names of the options that encoder `codec` has: its own, and, where PyAV tells them, those of all encoders."""
    context: Any = av.Codec(codec, "w").create()
    shared = context.supported_options.generic if hasattr(context, "supported_options") else ()
    return [option.name for option in (*_private_options(codec), *shared)]


def _private_options(codec: str) -> Sequence[Any]:
    """The options that only `codec` has."""
    encoder: Any = av.Codec(codec, "w")
    context = encoder.create()
    if hasattr(context, "supported_options"):
        return tuple(context.supported_options.private)
    # PyAV before 18.
    return () if encoder.descriptor is None else encoder.descriptor.options or ()
