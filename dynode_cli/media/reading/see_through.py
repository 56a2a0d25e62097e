"""Transparency (alpha) of animations: whether any of it is to be seen through.

GIF and WebP are always decoded with alpha, as single frames leave out what has not changed. The picture that is put
together of them stays opaque if it begins so and nothing takes away from it.
"""

from __future__ import annotations

import av

from dynode_cli.media.containers import demuxer
from dynode_cli.media.ffmpeg import main_video
from dynode_cli.media.pixels import is_opaque, layout_of
from dynode_cli.media.reading.decode import ContainerDecoder, Decoder, WebPDecoder
from dynode_cli.media.reading.source import FileSource
from dynode_cli.media.reading.webp import WebPAnimation

_CONTROL = b"\x21\xf9\x04"
"""Begins what a GIF says of a frame (Graphics Interchange Format, Version 89a, 23)."""
_TO_BACKGROUND = 2
"""How a frame is taken away so that nothing is left."""


def is_see_through(source: FileSource, decoder: Decoder, first: av.VideoFrame) -> bool:
    """Whether a source whose first frame is `first` has transparency."""
    if not layout_of(first.format.name).alpha:
        return False
    if not is_opaque(first):
        return True
    if first.format.name == "pal8":
        return False
    if isinstance(decoder, WebPDecoder):
        return _uncovers(decoder.animation)
    if not isinstance(decoder, ContainerDecoder) or not demuxer(decoder.container.format.name).always_alpha:
        return True
    with source.open() as container:
        try:
            packets = container.demux(main_video(container, source.name, source.stream))
            return any(_disposal(bytes(packet)) == _TO_BACKGROUND for packet in packets)
        except av.FFmpegError:
            return True


def _uncovers(animation: WebPAnimation) -> bool:
    replaced = animation.alpha and not all(frame.blend for frame in animation.frames[1:])
    return replaced or any(frame.dispose for frame in animation.frames[:-1])


def _disposal(data: bytes) -> int:
    at = data.find(_CONTROL)
    return data[at + len(_CONTROL)] >> 2 & 7 if 0 <= at < len(data) - len(_CONTROL) else 0
