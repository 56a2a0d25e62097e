"""Trial of an encoder: opened for a source of which only the headers were read, so that it refuses before work begins."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av

from dynode_cli.media.containers import container_for
from dynode_cli.media.facts import made_video
from dynode_cli.media.ffmpeg import main_video
from dynode_cli.media.pixels import layout_of
from dynode_cli.media.reading.source import FileSource
from dynode_cli.media.writing.encoders import settle
from dynode_cli.media.writing.sinks import configure, open_encoder, time_base_for
from dynode_cli.media.writing.target import is_sequence
from dynode_cli.requests.encoding import EncoderOptions

_RATE = Fraction(25)
"""Frames a second, which every encoder takes; what the output has may not be known yet."""
_SAID = ("width", "height", "pix_fmt")


def check_opens(target: str, source: FileSource, options: EncoderOptions) -> None:
    """Refuse an encoder that does not open for frames as the headers of `source` describe them.

    What they do not say (of images, nothing is read here) is found out when the first frame is written.

    Raises:
        UsageError: it refuses its settings, does not know an option, or needs hardware that is not here.
    """
    if source.kind != "container" or is_sequence(target) or options == EncoderOptions():
        return
    with source.open() as container:
        stream = main_video(container, source.name, source.stream)
        coded = stream.codec_context
        if not all(getattr(coded, name) for name in _SAID):
            return
        layout = layout_of(str(coded.pix_fmt))
        info = replace(
            made_video(source.name, coded.width, coded.height, _RATE, 1),
            pix_fmt=str(coded.pix_fmt),
            bit_depth=layout.bits,
            alpha=layout.alpha,
        )
    encoder = settle(container_for(target), info, options, info.size[::-1])
    context = av.Codec(encoder.codec, "w").create("video")
    configure(context, encoder, info.width, info.height, time_base_for(encoder, _RATE, info))
    context.framerate = _RATE
    open_encoder(context, encoder)
