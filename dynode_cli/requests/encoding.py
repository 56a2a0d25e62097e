"""Output options: where a result goes, and how it is encoded (codec, quality, pixel format, audio)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Literal

from dynode_cli.options import option, parse_pairs
from dynode_cli.requests.base import Parsed, Request, request
from dynode_cli.requests.methods import Options
from dynode_cli.values.file_names import file_name

ENCODER = "Output"

CODECS = (
    "h264",
    "h265",
    "av1",
    "vp9",
    "prores",
    "ffv1",
    "libx264",
    "libx265",
    "libsvtav1",
    "libvpx-vp9",
    "prores_ks",
)
"""Words for --codec that most people mean; any encoder of FFmpeg will do."""

AudioRule = Literal["auto", "copy", "stretch", "drop"]
"""What becomes of sound: auto copies it, and stretches it in slow motion."""


@dataclass(frozen=True)
class EncoderOptions:
    """What the user asked for; None: a default that suits the container and the source."""

    codec: str | None = None
    """FFmpeg's name of an encoder (``libx264``, ``libvpx-vp9``, ``ffv1``) or of a codec (``h264``, ``av1``)."""
    crf: float | None = None
    """Constant quality: lower is better; 17 for x264."""
    preset: str | None = None
    """Speed of the encoder, in its own words."""
    pix_fmt: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the encoder as FFmpeg knows them."""


def _encoder_options(given: Options) -> Mapping[str, str]:
    pairs = given if isinstance(given, Mapping) else parse_pairs(given)
    return {str(key): str(value) for key, value in pairs.items()}


@request
class Output(Request):
    """Where a result goes."""

    output: Parsed[str | None, str | Path | None] = option(
        default=None,
        kw_only=False,
        flags=("--output", "-o"),
        metavar="OUT",
        panel=ENCODER,
        common=True,
        help="File, pattern, folder/ or -. Default: beside the input, IN-240fps.mp4.",
        parse=file_name,
        decides="nothing",
    )
    force: bool = option(
        default=False,
        flags=("--force", "-f"),
        panel=ENCODER,
        common=True,
        help="Replace an output that exists.",
        decides="nothing",
    )


@request
class Encoding(Output):
    """How pictures are encoded."""

    codec: str | None = option(
        default=None,
        flags=("--codec",),
        metavar="NAME",
        panel=ENCODER,
        common=True,
        offers=CODECS,
        help="Video encoder: libx264, libx265, libsvtav1, ffv1 (lossless), ... Default: by container.",
        decides="nothing",
        project=True,
    )
    crf: float | None = option(
        default=None,
        flags=("--crf",),
        metavar="N",
        panel=ENCODER,
        help="Constant quality, lower is better. Default: 17.",
        decides="nothing",
        project=True,
    )
    preset: str | None = option(
        default=None,
        flags=("--preset",),
        metavar="NAME",
        panel=ENCODER,
        help="Speed preset of the encoder.",
        decides="nothing",
        project=True,
    )
    pix_fmt: str | None = option(
        default=None,
        flags=("--pix-fmt",),
        metavar="NAME",
        panel=ENCODER,
        help="Pixel format. Default: after the source's bit depth and alpha.",
        decides="nothing",
        project=True,
    )
    encoder_options: Parsed[Mapping[str, str], Options] = option(
        default=(),
        flags=("--encoder-opt",),
        metavar="KEY=VALUE",
        panel=ENCODER,
        help="Option handed to the encoder as it is.",
        parse=_encoder_options,
        many=True,
        decides="nothing",
    )

    encoder: InitVar[EncoderOptions | None] = None

    def __post_init__(self, encoder: EncoderOptions | None = None) -> None:
        if encoder is not None:
            warnings.warn(
                "encoder=EncoderOptions(...) is now codec=, crf=, preset=, pix_fmt= and encoder_options=",
                DeprecationWarning,
                stacklevel=4,
            )
            for name in ("codec", "crf", "preset", "pix_fmt"):
                object.__setattr__(self, name, getattr(encoder, name))
            object.__setattr__(self, "encoder_options", encoder.options)
        super().__post_init__()

    @property
    def encoding(self) -> EncoderOptions:
        """What was asked of the encoder."""
        return EncoderOptions(self.codec, self.crf, self.preset, self.pix_fmt, self.encoder_options)


@request
class Sounding(Encoding):
    """Encoding of pictures that have sound beside them."""

    audio: AudioRule = option(
        default="auto",
        flags=("--audio",),
        panel=ENCODER,
        help="auto copies audio, and stretches it in slow motion; or copy, stretch, drop.",
        decides="nothing",
        project=True,
    )
