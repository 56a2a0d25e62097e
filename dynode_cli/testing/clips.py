"""What :mod:`dynode_cli.synthetic.clips` holds, under the name that tests of plugins import it by."""

from dynode_cli.synthetic.clips import (
    LOSSLESS,
    Extras,
    Frame,
    Sound,
    bit_depth,
    declare_size,
    moving_texture,
    truncate,
    two_shots,
    with_alpha,
    with_duplicates,
    write_bare_h264,
    write_clip,
    write_images,
    write_intra_packets,
)

__all__ = [
    "LOSSLESS",
    "Extras",
    "Frame",
    "Sound",
    "bit_depth",
    "declare_size",
    "moving_texture",
    "truncate",
    "two_shots",
    "with_alpha",
    "with_duplicates",
    "write_bare_h264",
    "write_clip",
    "write_images",
    "write_intra_packets",
]
