"""Files whose end is missing are known, whole ones are not taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynode_cli.media.reading.ending import is_cut_off
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from tests.footage.made import record

KINDS = {
    "flv": ("clip.flv", {"pix_fmt": "yuv420p"}),
    "ogg": ("clip.ogg", {"codec": "libvpx", "pix_fmt": "yuv420p"}),
    "asf": ("clip.wmv", {"codec": "wmv2", "pix_fmt": "yuv420p"}),
    "gif": ("clip.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
}


def clip_of(folder: Path, demuxer: str) -> Path:
    name, encoded = KINDS[demuxer]
    path: Path = record(folder / name, count=8, **encoded).path  # type: ignore[arg-type]
    with open_source(str(path)) as source, source.open() as container:
        assert container.format.name == demuxer
    return path


@pytest.mark.parametrize("demuxer", KINDS)
def test_what_is_cut_off_anywhere_is_known(demuxer: str, tmp_path: Path) -> None:
    path = clip_of(tmp_path, demuxer)
    assert not is_cut_off(path, demuxer)
    data = path.read_bytes()
    for length in range(len(data) // 3, len(data) - 21, max(1, len(data) // 50)):
        path.write_bytes(data[:length])
        assert is_cut_off(path, demuxer), length


@pytest.mark.parametrize("demuxer", ["flv", "ogg", "asf", "gif"])
def test_what_was_put_behind_the_end_is_no_damage(demuxer: str, tmp_path: Path) -> None:
    path = clip_of(tmp_path, demuxer)
    path.write_bytes(path.read_bytes() + b"\0\0more than there was" * 3)
    assert not is_cut_off(path, demuxer)
    with open_source(str(path)) as source:
        found = scan(source)
    assert (len(found), found.lost, found.cut_off) == (8, 0, False)


def test_wrong_sizes_behind_the_tags_of_flv_are_no_damage(tmp_path: Path) -> None:
    path = clip_of(tmp_path, "flv")
    data = bytearray(path.read_bytes())
    data[-4:] = b"\0\0\0\0"
    path.write_bytes(data)
    assert not is_cut_off(path, "flv")
    path.write_bytes(data[:-23])
    assert is_cut_off(path, "flv")


def test_formats_that_do_not_tell(tmp_path: Path) -> None:
    (tmp_path / "clip.nut").write_bytes(b"anything")
    assert not is_cut_off(tmp_path / "clip.nut", "nut")
