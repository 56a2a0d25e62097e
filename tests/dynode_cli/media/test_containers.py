"""Containers: every row is sound, and nobody else knows a container by name."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import av
import pytest

import dynode_cli
from dynode_cli.errors import UsageError
from dynode_cli.media.containers import (
    CONTAINER_ROWS,
    CONTAINERS,
    IMAGES,
    PIPED,
    READABLE_IMAGES,
    Container,
    container_for,
    demuxer,
    ending_after,
)

ROOT = Path(dynode_cli.__file__).parent
rows = pytest.mark.parametrize("row", CONTAINER_ROWS, ids=lambda row: row.muxer)

CODECS = "names of codecs, some of which are those of containers"
KINDS = "kinds of source, of which one is animated WebP that dynode takes apart itself"
OTHERS = {
    "media/writing/encoders.py": ({"webp", "gif", "apng"}, CODECS),
    "media/writing/sinks.py": ({"flv", "gif", "apng"}, CODECS),
    "media/carried/remux.py": ({"gif"}, CODECS),
    "verbs/doctor.py": ({"gif"}, CODECS),
    "media/reading/source.py": ({"webp"}, KINDS),
    "media/reading/decode.py": ({"webp"}, KINDS),
    "media/reading/reader.py": ({"webp"}, KINDS),
    "media/reading/probe.py": ({"webp"}, KINDS),
    "media/reading/webp.py": ({"webp"}, CODECS),
    "media/reading/track_headers.py": ({"mov", "matroska"}, "which header of a track to read, of two formats"),
    "media/reading/ending.py": ({"flv", "gif"}, "which format ends how, of four"),
    "pipeline/outputs.py": ({".mkv"}, "what the map of variance is written as: a choice, no fact"),
    "directions/files.py": ({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}, "files that are no directions"),
}
"""The files that hold a container's name or ending, which ones, and why."""


def test_endings_and_muxers_are_unique() -> None:
    for names in ([row.muxer for row in CONTAINER_ROWS], [end for row in CONTAINER_ROWS for end in row.endings]):
        assert max(Counter(names).values()) == 1
    assert all(end == end.lower() and end.startswith(".") for end in (*CONTAINERS, *IMAGES, *READABLE_IMAGES))


@rows
def test_ffmpeg_has_what_a_row_names(row: Container) -> None:
    assert av.ContainerFormat(row.muxer, "w").is_output
    for name, kind in ((row.codec, "video"), (row.sound_codec, "audio"), (row.text_codec, "subtitle")):
        assert name is None or av.Codec(name, "w").type == kind
    assert all(name in av.codecs_available for name in row.several_sounds or ())


@pytest.mark.parametrize("row", IMAGES.values(), ids=lambda row: row.codec)
def test_images_can_be_written_and_read_again(row: Container) -> None:
    assert av.Codec(row.codec, "w").type == "video"
    assert set(row.endings) <= READABLE_IMAGES


@rows
def test_a_row_does_not_contradict_itself(row: Container) -> None:
    assert row.ticks is None or row.ticks > 0
    assert row.fastest is None or row.fastest <= (row.ticks or 0)
    assert not row.counts_repeats or row.plays_option is not None
    if row.pictures_only:
        assert not (row.text_codec or row.takes_attachments or row.takes_timecode or row.several_sounds)
    # They are options of one family of muxers.
    assert (row.apple_tags != "as any") == (row.timescale is not None)


def test_a_name_says_what_to_write() -> None:
    assert container_for("A.MP4") is CONTAINERS[".mp4"] and container_for("-") is PIPED
    for name, hint in (("a", "or a folder/"), ("a.jpg", "a-%05d.jpg"), ("a.mp5", ".mp4")):
        with pytest.raises(UsageError) as caught:
            container_for(name)
        assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("source", "ending"),
    [
        ("a.MOV", ".mov"), ("a.gif", ".gif"), ("a.apng", ".apng"), ("a.avi", ".avi"), ("a", ".mp4"), ("a.h264", ".mp4"),
        ("a.m4v", ".mp4"), ("a.ts", ".mp4"), ("a.flv", ".mp4"), ("a.png", ".mp4"),
    ],
)  # fmt: skip
def test_what_is_made_of_a_video_is_named_like_it_or_is_mp4(source: str, ending: str) -> None:
    assert ending_after(source) == ending


def test_an_unknown_demuxer_is_an_ordinary_one() -> None:
    assert demuxer("nut") == demuxer("no such") and demuxer("mpegts").starts_anywhere


def literals(path: Path) -> set[str]:
    """Whole strings in the code; what is part of a message does not count."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    parts = {id(value) for node in nodes if isinstance(node, ast.JoinedStr) for value in node.values}
    return {str(node.value) for node in nodes if isinstance(node, ast.Constant) and id(node) not in parts}


def test_nobody_else_knows_a_container_by_name() -> None:
    names = {*CONTAINERS, *IMAGES, *(row.muxer for row in CONTAINER_ROWS)}
    files = {path.relative_to(ROOT).as_posix(): path for path in ROOT.rglob("*.py")}
    found = {file: literals(path) & names for file, path in files.items() if file != "media/containers.py"}
    assert {file: held for file, held in found.items() if held} == {file: held for file, (held, _) in OTHERS.items()}
