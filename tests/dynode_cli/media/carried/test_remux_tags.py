"""Names, languages, flags and other tags come along, whatever the container calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Disposition

from dynode_cli.media.carried.tags import own_tags_removed
from dynode_cli.media.containers import CONTAINER_ROWS, Container
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip

Render = Callable[..., Any]
APPLE = {
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "Phone 15",
    "com.apple.quicktime.location.ISO6709": "+48.1371+011.5754+520/",
}
TIMES = {"creation_time": "2024-05-06T07:08:09.000000Z", "location": "+48.1371+011.5754/"}


def tagged(path: Path, tags: Mapping[str, Mapping[str, str]], whole: Mapping[str, str] = {}) -> Path:
    """A clip with sound whose streams (by type) and which itself have `tags`."""
    extras = Extras(Sound(0.2), chapters=[(0, 0.1, "one"), (0.1, 0.2, "two")])
    clip = write_clip(path.with_suffix(".plain.mp4"), moving_texture(5, size=(32, 32)), extras=extras)
    options = {"movflags": "use_metadata_tags"} if path.suffix == ".mov" else {}
    with av.open(str(clip)) as source, av.open(str(path), "w", container_options=options) as output:
        kept = [*source.streams.video, *source.streams.audio]
        copies = {stream.index: output.add_stream_from_template(stream) for stream in kept}
        for copy in copies.values():
            copy.metadata.update(tags.get(copy.type, {}))
            disposition: Any = int(copy.type == "video")
            copy.disposition = disposition
        output.metadata.update(whole)
        output.set_chapters(source.chapters())
        for packet in source.demux(kept):
            if packet.size:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return path


def found(path: Path, kind: str) -> dict[str, str]:
    """The tags of the first stream of `kind`, with lower-case names, and a name under `title`."""
    with av.open(str(path)) as file:
        stream = next(each for each in file.streams if each.type == kind)
        tags = {name.lower(): value for name, value in stream.metadata.items()}
    return tags | ({"title": tags["name"]} if "name" in tags else {})


@pytest.mark.parametrize("source", ["in.mkv", "in.mp4", "in.mov"])
@pytest.mark.parametrize("target", ["out.mkv", "out.mp4", "out.mov", "out.webm"])
def test_names_and_languages_of_streams_come_along(tmp_path: Path, render: Render, source: str, target: str) -> None:
    tags = {
        "video": {"title": "The picture", "language": "jpn"},
        "audio": {"title": "The sound", "language": "ita"},
    }
    clip = tagged(tmp_path / source, tags)
    render(clip, tmp_path / target, 25)
    written = (tmp_path / target).read_bytes()
    for kind, wanted in tags.items():
        assert found(tmp_path / target, kind)["language"] == wanted["language"]
        # FFmpeg reads the name of a track from MP4 only since version 8.1; it writes it.
        if "title" in found(clip, kind):
            assert wanted["title"].encode() in written
    assert source != "in.mkv" or found(clip, "video")["title"] == "The picture"
    assert not any("lost" in warning for warning in render.warnings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("default", [True, False])
def test_whether_a_stream_is_shown_by_default_comes_along(tmp_path: Path, render: Render, default: bool) -> None:
    clip = write_clip(tmp_path / "plain.mkv", moving_texture(5, size=(32, 32)))
    with av.open(str(clip)) as source, av.open(str(tmp_path / "in.mkv"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        disposition: Any = int(default)
        stream.disposition = disposition
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    render(tmp_path / "in.mkv", tmp_path / "out.mkv", 25)
    with av.open(str(tmp_path / "out.mkv")) as file:
        assert bool(file.streams.video[0].disposition & Disposition.default) is default


@pytest.mark.parametrize(
    ("language", "kept"),
    [("fre", "fra"), ("fra", "fra"), ("deu", "ger"), ("nld", "dut"), ("swe", "sve"), ("zho", "chi")],
)
def test_quicktime_has_one_code_where_others_have_two(
    tmp_path: Path, render: Render, language: str, kept: str
) -> None:
    clip = tagged(tmp_path / "in.mkv", {"audio": {"language": language}})
    render(clip, tmp_path / "out.mov", 25)
    assert found(tmp_path / "out.mov", "audio")["language"] == kept
    assert render.warnings == []  # type: ignore[attr-defined]
    render(tmp_path / "out.mov", tmp_path / "back.mkv", 25)
    assert found(tmp_path / "back.mkv", "audio")["language"] == ("swe" if language == "swe" else kept)


def test_a_language_that_quicktime_has_no_code_for_is_named(tmp_path: Path, render: Render) -> None:
    clip = tagged(tmp_path / "in.mkv", {"audio": {"language": "hrv"}})
    render(clip, tmp_path / "out.mov", 25)
    assert render.warnings == [  # type: ignore[attr-defined]
        "the language of stream 1 (hrv) is lost: mov has no code for it"
    ]
    render(clip, tmp_path / "out.mp4", 25)
    assert found(tmp_path / "out.mp4", "audio")["language"] == "hrv"
    assert render.warnings == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", ["out.mov", "out.mp4", "out.mkv"])
def test_what_a_phone_writes_comes_along(tmp_path: Path, render: Render, target: str) -> None:
    clip = tagged(tmp_path / "in.mov", {}, APPLE | TIMES)
    out = render(clip, tmp_path / target, 25)
    assert render.warnings == []  # type: ignore[attr-defined]
    kept = {name.lower(): value for name, value in out.info.metadata.items()}
    assert {name: kept.get(name.lower()) for name in APPLE | TIMES} == APPLE | TIMES
    assert [chapter.title for chapter in out.info.chapters] == ["one", "two"]


def test_a_title_is_kept_where_players_look_for_it(tmp_path: Path, render: Render) -> None:
    """In MOV beside what a phone writes; MP4 holds one of both, and it is said which is lost."""
    clip = tagged(tmp_path / "in.mov", {}, APPLE | {"title": "Holiday", "artist": "me"})
    out = render(clip, tmp_path / "out.mov", 25)
    both = {"title": "Holiday", "artist": "me", "com.apple.quicktime.title": "Holiday"}
    assert (APPLE | both).items() <= out.info.metadata.items()
    assert render.warnings == []  # type: ignore[attr-defined]
    out = render(clip, tmp_path / "out.mp4", 25)
    assert {"title": "Holiday", "artist": "me"}.items() <= out.info.metadata.items()
    assert b"\xa9nam" in (tmp_path / "out.mp4").read_bytes()
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert all(name in warning for name in APPLE) and ".mov holds both" in warning


@pytest.mark.parametrize("row", CONTAINER_ROWS, ids=lambda row: row.muxer)
def test_chapters_and_tags_are_kept_or_named(film: Path, tmp_path: Path, render: Render, row: Container) -> None:
    target = tmp_path / f"out{row.endings[0]}"
    render(film, target, Fraction(25))
    told = " ".join(render.warnings)  # type: ignore[attr-defined]
    # FFmpeg does not read WebP.
    with nullcontext() if row.muxer == "webp" else av.open(str(target)) as file:
        chapters = [] if file is None else [each["metadata"]["title"] for each in file.chapters()]
        title = None if file is None else file.metadata.get("title")
    assert (chapters == ["one", "two"]) is row.takes_chapters is ("chapters" not in told)
    assert row.pictures_only or (title == "a film") is row.takes_tags is ("tags left out" not in told)


def test_images_without_the_rest_say_so(film: Path, tmp_path: Path, render: Render) -> None:
    render(film, f"{tmp_path}/out/", Fraction(25))
    assert render.warnings == ["audio and chapters left out: images holds only pictures"]  # type: ignore[attr-defined]
    render(film, f"{tmp_path}/mute/", Fraction(25), audio="drop")
    assert "audio" not in render.warnings[0]  # type: ignore[attr-defined]


def test_tags_of_the_file_itself_stay_behind() -> None:
    own = {"ENCODER": "x", "DURATION": "1", "_STATISTICS_TAGS": "y", "timecode": "00:00:00:00", "BPS": "9"}
    assert own_tags_removed({**own, "title": "a film"}) == {"title": "a film"}
