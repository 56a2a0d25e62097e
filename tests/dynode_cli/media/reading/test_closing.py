"""Decoders that are closed in the middle of a clip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dynode_cli.synthetic.clips import moving_texture, write_clip

OPENED = """
import sys
import av
from dynode_cli.media.reading.decode import open_decoder
from dynode_cli.media.reading.source import open_source

av.logging.set_level(av.logging.PANIC)
source = open_source(sys.argv[1])
for _ in range(300):
    with open_decoder(source, threads=4) as decoder:
        frames = decoder.frames()
        next(frames)
        next(frames)
        frames.close()
"""


def test_nobody_waits_for_ever_where_python_hears_the_messages_of_ffmpeg(tmp_path: Path) -> None:
    """A thread that tells something waits for Python, which must not wait for the thread then."""
    options = {"bf": "2", "preset": "medium", "g": "8"}
    path = write_clip(tmp_path / "in.mkv", moving_texture(24), options=options)
    subprocess.run([sys.executable, "-c", OPENED, str(path)], check=True, timeout=60)
