from __future__ import annotations

import errno
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from dynode_cli.errors import DeviceError, DynodeError, UsageError
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import Source, open_source
from dynode_cli.media.writing import target as target_module
from dynode_cli.media.writing.sinks import ContainerSink
from dynode_cli.media.writing.target import is_written, write_error
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.saving.folder import PartFolder
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip, write_images

FRAMES = moving_texture(20, size=(48, 64))
RATE = Fraction(25)


@pytest.fixture
def clip(tmp_path: Path) -> tuple[Source, MediaInfo]:
    source = open_source(str(write_clip(tmp_path / "in.mp4", FRAMES, extras=Extras(Sound(0.8)))))
    return source, probe(source)


def write_all(writer: VideoWriter) -> None:
    for k, frame in enumerate(FRAMES):
        writer.write(frame, k / RATE)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv", "out.gif", "out.webp", "images/", "frame-%03d.png"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_an_exception_in_the_block_leaves_nothing(
    clip: tuple[Source, MediaInfo], tmp_path: Path, target: str, failure: type[BaseException]
) -> None:
    source, info = clip
    with pytest.raises(failure), VideoWriter(f"{tmp_path}/{target}", info, rate=RATE, copy_from=source) as writer:
        write_all(writer)
        raise failure
    assert names(tmp_path) == ["in.mp4"]


@pytest.mark.parametrize("target", ["out.mp4", "images/"])
def test_a_removal_that_fails_does_not_hide_the_cause(
    clip: tuple[Source, MediaInfo], tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(target_module.FileTarget, "discard", refused)
    monkeypatch.setattr(target_module.SequenceTarget, "discard", refused)
    with (
        pytest.raises(ZeroDivisionError),
        VideoWriter(f"{tmp_path}/{target}", clip[1], rate=RATE) as writer,
    ):
        write_all(writer)
        raise ZeroDivisionError


@pytest.mark.parametrize("target", ["out.mp4", "images/"])
def test_what_was_there_stays_until_the_new_one_is_complete(
    clip: tuple[Source, MediaInfo], tmp_path: Path, target: str
) -> None:
    source, info = clip
    (tmp_path / "out.mp4").write_text("precious")
    write_images(tmp_path / "images", FRAMES[:2])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with (
        pytest.raises(KeyboardInterrupt),
        VideoWriter(f"{tmp_path}/{target}", info, rate=RATE, copy_from=source, force=True) as writer,
    ):
        write_all(writer)
        raise KeyboardInterrupt
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_encoder_error_removes_the_part_and_says_so(
    clip: tuple[Source, MediaInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, info = clip
    real = ContainerSink.write
    count = 0

    def failing(self: ContainerSink, *args: Any) -> None:
        nonlocal count
        count += 1
        if count == 10:
            raise av.error.ExternalError(-542398533, "Generic error in an external library")
        real(self, *args)

    monkeypatch.setattr(ContainerSink, "write", failing)
    with (
        pytest.raises(DynodeError, match=r"out\.mp4: writing failed \(Generic error in an external library\)"),
        VideoWriter(str(tmp_path / "out.mp4"), info, rate=RATE, copy_from=source) as writer,
    ):
        write_all(writer)
    assert names(tmp_path) == ["in.mp4"]


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_a_full_disk(
    clip: tuple[Source, MediaInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """What is opened is a device on which there is never any room."""
    full = "/dev/full" if Path("/dev/full").exists() else FullDisk()
    monkeypatch.setattr(target_module.FileTarget, "destination", property(lambda self: full))
    source, info = clip
    with (
        pytest.raises(DeviceError, match="the disk is full") as caught,
        VideoWriter(str(tmp_path / target), info, rate=RATE, copy_from=source) as writer,
    ):
        write_all(writer)
    assert caught.value.hint is not None and caught.value.exit_code == 5
    assert names(tmp_path) == ["in.mp4"]


class FullDisk:
    """A file on a disk without room."""

    name = "full"

    def write(self, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_while_writing_images(
    clip: tuple[Source, MediaInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = clip[1]
    real = PartFolder.write

    def failing(self: PartFolder, name: str, data: bytes) -> None:
        if name == "00010.png":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, name, data)

    monkeypatch.setattr(PartFolder, "write", failing)
    with (
        pytest.raises(DeviceError, match="the disk is full"),
        VideoWriter(f"{tmp_path}/images/", info, rate=RATE) as writer,
    ):
        write_all(writer)
    assert names(tmp_path) == ["in.mp4"]


def test_no_frame_is_no_file(clip: tuple[Source, MediaInfo], tmp_path: Path) -> None:
    with pytest.raises(DynodeError, match="no frame"), VideoWriter(str(tmp_path / "out.mp4"), clip[1], rate=RATE):
        pass
    assert names(tmp_path) == ["in.mp4"]


def test_existing_output_needs_force(clip: tuple[Source, MediaInfo], tmp_path: Path) -> None:
    info = clip[1]
    (tmp_path / "out.mp4").write_text("precious")
    with pytest.raises(UsageError, match="already exists") as caught:
        VideoWriter(str(tmp_path / "out.mp4"), info, rate=RATE)
    assert caught.value.hint is not None and "--force" in caught.value.hint
    with VideoWriter(str(tmp_path / "out.mp4"), info, rate=RATE, force=True) as writer:
        write_all(writer)
    assert probe(open_source(str(tmp_path / "out.mp4"))).declared_frames == 20


def test_output_is_never_the_input(clip: tuple[Source, MediaInfo], tmp_path: Path) -> None:
    source, info = clip
    (tmp_path / "link.mp4").symlink_to(tmp_path / "in.mp4")
    for same in ("in.mp4", "link.mp4", "./in.mp4"):
        with pytest.raises(UsageError, match="the output is the input"):
            VideoWriter(f"{tmp_path}/{same}", info, rate=RATE, copy_from=source, force=True)
    images = open_source(str(write_images(tmp_path / "images", FRAMES[:3])))
    with pytest.raises(UsageError, match="the output is the input"):
        VideoWriter(f"{tmp_path}/images/%05d.png", probe(images), rate=RATE, copy_from=images, force=True)


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("in.mp4/out.mp4", "in.mp4 is a file, not a folder", "another folder"),
        ("in.mp4/a/b/out.mp4", "in.mp4 is a file, not a folder", "another folder"),
        (".", "is a folder", "images"),
        ("out", "no ending", ".mp4"),
        ("out.mp5", "'.mp5' is not an ending", ".mp4"),
        ("out.jpg", "one .jpg file cannot hold a video", "%05d.jpg"),
        ("%05d.abc", "images cannot be written as '.abc'", ".png"),
    ],
)
def test_targets_that_make_no_sense(
    clip: tuple[Source, MediaInfo], tmp_path: Path, target: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        VideoWriter(f"{tmp_path}/{target}", clip[1], rate=RATE)
    assert message in str(caught.value)
    assert caught.value.hint is not None and hint in caught.value.hint


@pytest.mark.parametrize("target", ["new/out.mp4", "new/it's/so far/out.mp4", "new/%03d.png", "new/images/"])
def test_folders_come_with_what_is_written_into_them(
    clip: tuple[Source, MediaInfo], tmp_path: Path, target: str
) -> None:
    with pytest.raises(ValueError, match="stop"), VideoWriter(f"{tmp_path}/{target}", clip[1], rate=RATE) as writer:
        assert names(tmp_path) == (["in.mp4", "new"] if target.endswith("mp4") else ["in.mp4"])
        write_all(writer)
        raise ValueError("stop")
    assert names(tmp_path) == ["in.mp4"]
    with VideoWriter(f"{tmp_path}/{target}", clip[1], rate=RATE) as writer:
        write_all(writer)
    assert is_written(f"{tmp_path}/{target}")


def test_a_folder_is_not_made_where_a_link_leads_that_leads_nowhere(
    clip: tuple[Source, MediaInfo], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"link is a link to .*elsewhere, where nothing is"):
        VideoWriter(f"{tmp_path}/link/out.mp4", clip[1], rate=RATE)
    assert names(tmp_path) == ["in.mp4", "link"]


def test_read_only_folder(clip: tuple[Source, MediaInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="read-only"):
        VideoWriter(str(tmp_path / "out.mp4"), clip[1], rate=RATE)


def test_rates_too_fine_for_the_container(clip: tuple[Source, MediaInfo], tmp_path: Path) -> None:
    for target, rate in (("out.gif", 60), ("out.mkv", 2000), ("out.webp", 1001)):
        with pytest.raises(UsageError):
            VideoWriter(str(tmp_path / target), clip[1], rate=Fraction(rate))
    with pytest.raises(UsageError, match="evenly spaced"):
        VideoWriter(str(tmp_path / "out.avi"), clip[1], rate=None)
    assert names(tmp_path) == ["in.mp4"]


def test_write_errors_are_told_apart() -> None:
    assert "reading it has stopped" in str(write_error("standard output", BrokenPipeError()))
    assert isinstance(write_error("out.mp4", OSError(errno.EROFS, "Read-only file system")), UsageError)
    assert isinstance(write_error("out.mp4", PermissionError(errno.EACCES, "Permission denied")), UsageError)
