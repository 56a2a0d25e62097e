"""Sources probed, scanned and read."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from dynode_cli.contracts import Clip
from dynode_cli.errors import InputError
from dynode_cli.media.reading.clip import ShotClip
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import (
    Extras,
    Sound,
    moving_texture,
    with_alpha,
    write_clip,
)

Look = Callable[..., Any]
NTSC = Fraction(24000, 1001)


def test_probe_tells_what_is_in_a_file(tmp_path: Path) -> None:
    extras = Extras(
        Sound(1.0, language="fra"),
        subtitles=[(0.1, 0.5, "bonjour")],
        chapters=[(0, 0.5, "one"), (0.5, 1, "two")],
        metadata={"title": "a film"},
    )
    path = write_clip(
        tmp_path / "clip.mkv", moving_texture(24), rate=NTSC, matrix=9, primaries=9, transfer=16, full_range=False,
        sample_aspect_ratio=Fraction(4, 3), extras=extras,
    )  # fmt: skip
    info = probe(open_source(str(path)))
    assert (info.width, info.height, info.bit_depth, info.alpha) == (96, 64, 8, False)
    assert (info.primaries, info.transfer, info.matrix, info.range, info.guessed) == (9, 16, 9, 1, ())
    assert info.sample_aspect_ratio == Fraction(4, 3)
    assert info.rotation == 0 and info.display_matrix is None
    assert [(s.type, s.language) for s in info.streams] == [("video", None), ("audio", "fra"), ("subtitle", "deu")]
    assert [(c.start, c.end, c.title) for c in info.chapters] == [
        (0, Fraction(1, 2), "one"),
        (Fraction(1, 2), 1, "two"),
    ]
    assert info.metadata["title"] == "a film"
    facts = json.loads(json.dumps(info.to_json()))
    assert facts["colour"]["matrix"] == "bt2020nc" and facts["chapters"][1]["title"] == "two"


def test_rates_are_exact(tmp_path: Path) -> None:
    info = probe(open_source(str(write_clip(tmp_path / "clip.mp4", moving_texture(5), rate=NTSC))))
    assert info.average_rate == info.nominal_rate == NTSC
    assert info.declared_frames == 5 and info.duration is not None
    assert abs(info.duration - 5 / NTSC) < Fraction(1, 1000)


def test_constant_variable_gap_and_offset_clocks(tmp_path: Path, look: Look) -> None:
    frames = moving_texture(12)
    steady = look(write_clip(tmp_path / "cfr.mp4", frames, rate=NTSC)).scan
    assert steady.times == tuple(k / NTSC for k in range(12)) and steady.end_time == 12 / NTSC and not steady.vfr
    for name, ticks in {
        "vfr": [3600 * k + 700 * (k % 3) for k in range(12)],
        "gap": [3600 * k + 180000 * (k > 5) for k in range(12)],
        "offset": [45000 + 3600 * k for k in range(12)],
    }.items():
        found = look(write_clip(tmp_path / f"{name}.mp4", frames, pts=ticks)).scan
        assert found.times == tuple(Fraction(tick, 90000) for tick in ticks)
        assert found.end_time == Fraction(ticks[-1] + 3600, 90000)
        assert found.vfr == (name != "offset")


def test_millisecond_stamps_of_a_steady_clip_are_not_variable(tmp_path: Path, look: Look) -> None:
    found = look(write_clip(tmp_path / "clip.mkv", moving_texture(30), rate=NTSC)).scan
    assert set(np.diff(found.pts)) == {41, 42}
    assert not found.vfr


def test_transport_streams_start_at_zero(tmp_path: Path, look: Look) -> None:
    found = look(write_clip(tmp_path / "clip.ts", moving_texture(10), options={"qp": "10"}))
    assert found.info.start_pts > 0
    assert found.scan.times[:2] == (0, Fraction(1, 25))


def test_real_footage(footage: Callable[[str], Path], look: Look) -> None:
    bikes = look(footage("bikes")).scan
    assert [shot[-1] for shot in bikes.shots[:-1]] == [29, 75, 136, 186, 241]
    assert bikes.duplicates == frozenset() and len(bikes) == 250
    phone = look(footage("carphone_pristine")).scan
    assert phone.cuts == () and phone.duplicates == frozenset() and len(phone) == 120


@pytest.mark.parametrize("kept", [5, 12])
def test_what_an_edit_list_hides_is_not_lost(tmp_path: Path, look: Look, kept: int) -> None:
    path = write_clip(tmp_path / "whole.mp4", moving_texture(12))
    trimmed = tmp_path / "trimmed.mp4"
    with av.open(str(path)) as source, av.open(str(trimmed), "w") as out:
        copy = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                # Frames before time 0 are in the file, and not shown: how players cut without coding again.
                offset = round(Fraction(12 - kept, 25) / packet.time_base)
                packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
                packet.stream = copy
                out.mux_one(packet)
    part = look(trimmed)
    assert len(part.scan) == len(part.frames()) == kept
    assert part.scan.info.declared_frames == 12 and part.scan.lost == 0


def test_part_of_a_clip(tmp_path: Path, look: Look) -> None:
    path = write_clip(tmp_path / "clip.mp4", moving_texture(50), options={"qp": "0", "g": "10"})
    part = look(path, start=Fraction("0.5"), end=Fraction("1.02"))
    # 0.5 s lies within frame 12; frame 26 begins at 1.04 s and is what frame 25 moves towards.
    assert part.scan.times == tuple(Fraction(k, 25) for k in range(12, 27))
    whole = look(path)
    assert all((a == b).all() for a, b in zip(part.frames(), whole.frames()[12:27], strict=True))
    with pytest.raises(InputError, match="between"):
        look(path, start=Fraction(5))


def test_progress_counts_frames(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    source = open_source(str(write_clip(tmp_path / "clip.mp4", moving_texture(6))))
    scan(source, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 6) for k in range(1, 7)]


@pytest.mark.parametrize("name", ["b.mp4", "b.mkv", "b.ts", "b.h264"])
def test_any_order_of_reading_gives_the_same_frames(tmp_path: Path, look: Look, name: str) -> None:
    options = {"qp": "0", "bf": "3", "g": "8"}
    clip = look(write_clip(tmp_path / name, moving_texture(40), options=options))
    expected = clip.frames()
    with FrameReader(clip.source, clip.scan, cache_bytes=1, threads=1) as reader:
        for index in (39, 0, 17, 16, 18, 5, 30, 29, 2, 39):
            assert (reader.frame(index) == expected[index]).all()
        with pytest.raises(IndexError):
            reader.frame(40)


def test_the_cache_is_bounded(tmp_path: Path, look: Look) -> None:
    clip = look(write_clip(tmp_path / "clip.mp4", moving_texture(20)))
    one = 64 * 96 * 3
    with FrameReader(clip.source, clip.scan, cache_bytes=5 * one, threads=1) as reader:
        kept = [reader.frame(k) for k in range(20)]
        assert reader.frame(19) is kept[19]
        assert reader.frame(2) is not kept[2]
        assert not kept[0].flags.writeable


@pytest.mark.parametrize("deep", [False, True])
def test_clip_keeps_the_contract(tmp_path: Path, look: Look, deep: bool) -> None:
    frames = with_alpha(moving_texture(6))
    path = tmp_path / "clip.mkv"
    if deep:
        write_clip(path, [f[..., :3].astype(np.uint16) * 257 for f in frames], codec="ffv1", pix_fmt="gbrp16le")
    else:
        write_clip(path, frames, codec="ffv1", pix_fmt="bgra")
    opened = look(path)
    with FrameReader(opened.source, opened.scan, threads=1) as reader:
        clip = ShotClip(reader, [1, 2, 5], [0, 1, 4])
        assert isinstance(clip, Clip)
        assert len(clip) == 3 and clip.size == (64, 96) and list(clip.numbers) == [0, 1, 4]
        assert clip.times.dtype == torch.float64 and clip.times.tolist() == [0.04, 0.08, 0.2]
        frame = clip.frame(2)
        assert frame.shape == (3, 64, 96) and frame.dtype == torch.float32
        assert torch.allclose(frame, torch.from_numpy(frames[5][..., :3].copy()).permute(2, 0, 1) / 255, atol=1e-6)
        assert frame.permute(1, 2, 0).is_contiguous()


def test_alpha_of_vp9(tmp_path: Path, look: Look) -> None:
    frames = with_alpha(moving_texture(4))
    clip = look(
        write_clip(tmp_path / "clip.webm", frames, codec="libvpx-vp9", pix_fmt="yuva420p", options={"lossless": "1"})
    )
    assert clip.info.alpha
    assert (clip.frames()[2][..., 3] == frames[2][..., 3]).all()
