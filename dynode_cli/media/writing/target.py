"""Targets, where output goes: checked before work starts, written beside its place, moved there when it is complete.

Names are checked before anything slow is imported, so nothing slow is imported here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from dynode_cli.errors import DynodeError, UsageError
from dynode_cli.media.containers import CONTAINERS, IMAGES, PIPE, Container
from dynode_cli.requests.encoding import AudioRule
from dynode_cli.saving.claims import check_unclaimed, claimed
from dynode_cli.saving.failures import write_failure
from dynode_cli.saving.folder import PartFolder
from dynode_cli.saving.part import PartFile
from dynode_cli.saving.places import followed, is_stream, open_stream

if TYPE_CHECKING:
    from dynode_cli.media.reading.source import Source

_NUMBER = re.compile(r"%(0?)(\d*)d")


class Target(Protocol):
    """An output that is not there until it is complete."""

    name: str

    def commit(self) -> None:
        """Put what was written into its place."""

    def discard(self) -> None:
        """Remove what was written."""


def is_sequence(target: str) -> bool:
    """Whether `target` names many images rather than one file: a pattern, or a folder ending in a slash."""
    return target.endswith(("/", os.sep)) or bool(_NUMBER.search(Path(target).name))


def is_stream_target(target: str) -> bool:
    """Whether `target` only goes forwards: standard output, a named pipe that is there, or the null device.

    Raises:
        UsageError: it is another device, or a socket.
    """
    return target == PIPE or is_stream(Path(target))


def check_target(target: str, source: Source | None, *, force: bool) -> None:
    """Refuse an output that cannot or must not be written.

    Raises:
        UsageError: it exists, is the input, or its folder is read-only or cannot be made.
    """
    path = Path(target)
    if is_stream_target(target):
        container = CONTAINERS.get(path.suffix.lower())
        if container is not None and container.goes_back:
            raise UsageError(
                f"{target}: a pipe takes no {container.muxer}, whose beginning is written last",
                hint="use .mkv, .webm or .ts",
            )
        return
    if source is not None and _is_input(target, source):
        raise UsageError(f"{target}: the output is the input", hint="choose another name with -o")
    if path.is_dir() and not is_sequence(target):
        raise UsageError(f"{target}: is a folder", hint=f"name a file in it, or write {target}/ for images")
    if path.exists() and not is_sequence(target) and not force:
        raise UsageError(f"{target}: already exists", hint="replace it with --force, or choose another name with -o")
    folder = path.parent
    check_folders_can_be(target, folder)
    # What a link leads to, or a folder of images that is there, is what is written to; else what is above it.
    written = next(above for above in _place(target).parents if above.is_dir())
    if not os.access(written, os.W_OK):
        same = folder.is_dir() and written.samefile(folder)
        raise UsageError(f"{target}: the folder {folder if same else written} is read-only")


def check_folders_can_be(target: str, folder: Path) -> None:
    """Refuse a `folder` for `target` that is none and cannot become one, since a file has its name or one above it.

    Raises:
        UsageError: a file has.
    """
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise UsageError(f"{target}: {place} is a file, not a folder", hint="name another folder")


def check_rate(target: str, container: Container, rate: Fraction | None) -> None:
    """Refuse a rate that `container` cannot hold; None: frames are not evenly spaced.

    Raises:
        UsageError: it cannot.
    """
    muxer, ticks, fastest = container.muxer, container.ticks, container.fastest
    if container.constant_rate and rate is None:
        raise UsageError(f"{target}: {muxer} holds only evenly spaced frames", hint="write .mp4")
    if fastest is not None and rate is not None and rate > fastest:
        raise UsageError(
            f"{target}: players show at most {fastest} frames of a {muxer.upper()} a second",
            hint=f"use --fps {fastest}, or write .webp",
        )
    if ticks is not None and rate is not None and rate > ticks:
        raise UsageError(
            f"{target}: {muxer} counts time in 1/{ticks} s, too coarse for {rate} fps", hint="write .mp4"
        )


def check_audio(audio: AudioRule, slow: Fraction) -> None:
    """Refuse sound that is to be copied beside pictures that are slower.

    Raises:
        UsageError: it is.
    """
    if audio == "copy" and slow != 1:
        raise UsageError("sound cannot be copied into slow motion", hint="use --audio stretch or --audio drop")


def is_written(target: str) -> bool:
    """Whether `target` is there: the file, or at least one of the images that it names."""
    if is_stream_target(target):
        return False
    if is_sequence(target):
        return bool(SequenceTarget(target, force=True).existing())
    return Path(target).exists()


def check_nobody_writes(target: str) -> None:
    """Refuse an output that another run is writing, before work begins that ends in :func:`claimed_targets`.

    Raises:
        UsageError: one is.
    """
    if not is_stream_target(target):
        check_unclaimed(target, _place(target))


@contextmanager
def claimed_targets(*targets: str | None) -> Iterator[None]:
    """Keep other runs from writing `targets` while the block runs; None and what is no file need not be kept.

    Raises:
        UsageError: another run is writing one of them.
    """
    files = [target for target in targets if target is not None and not is_stream_target(target)]
    with claimed({target: _place(target) for target in files}):
        yield


def _place(target: str) -> Path:
    """Where `target` lies, whatever it is called: the path of the file or, with a pattern, of the images."""
    if is_sequence(target):
        folder, pattern = _folder_and_pattern(target)
        return folder / pattern
    return followed(Path(target))


def _folder_and_pattern(target: str) -> tuple[Path, str]:
    """Where images go, all links followed, and the pattern of their names."""
    folder_named = target.endswith(("/", os.sep))
    folder = followed(Path(target)) if folder_named else Path(target).parent.resolve()
    return folder, "%05d.png" if folder_named else Path(target).name


def _is_input(target: str, source: Source) -> bool:
    if not is_sequence(target):
        return source.is_same_file(target)
    if source.kind != "images":
        return False
    folder = Path(target) if target.endswith(("/", os.sep)) else Path(target).parent
    same_folder = folder.exists() and folder.samefile(source.path)
    return same_folder and Path(target).suffix.lower() in ("", *{file.suffix.lower() for file in source.files})


class _PartTarget:
    """What is written beside its place until it is whole."""

    _part: PartFile | PartFolder | None = None

    def commit(self) -> None:
        if self._part is not None:
            self._part.commit()

    def discard(self) -> None:
        if self._part is not None:
            self._part.discard()


class FileTarget(_PartTarget):
    """One file, written beside its place."""

    def __init__(self, target: str, *, force: bool) -> None:
        self.name = target
        self._force = force
        self._part: PartFile | None = None

    @property
    def destination(self) -> str:
        """What to open for writing.

        Raises:
            DynodeError: it cannot be opened.
        """
        if self._part is None:
            with telling(self.name):
                self._part = PartFile(self.name, replace=self._force)
        return self._part.opened_as


class PipeTarget:
    """Standard output, a named pipe or the null device, which can only go forwards and cannot be taken back."""

    def __init__(self, target: str) -> None:
        self.name = "standard output" if target == PIPE else target
        self._path = None if target == PIPE else Path(target)
        self._stream: IO[bytes] | None = None

    @property
    def destination(self) -> Pipe:
        """What to open for writing; a named pipe is waited for until somebody reads it.

        Raises:
            DynodeError: it cannot be opened.
        """
        with telling(self.name):
            self._stream = sys.stdout.buffer if self._path is None else open_stream(self._path)
        return Pipe(self._stream)

    def commit(self) -> None:
        with telling(self.name):
            if self._stream is not None:
                self._stream.flush()
        self.discard()

    def discard(self) -> None:
        """What has gone out stays out."""
        if self._stream is not None and self._path is not None:
            self._stream.close()


class Pipe:
    """A binary stream without ``seek``, so that the muxer does not try to."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.write = stream.write
        self.name = PIPE


class SequenceTarget(_PartTarget):
    """Numbered images, written into a hidden folder and moved when all are there."""

    def __init__(self, target: str, *, force: bool) -> None:
        self.name = target
        self._folder, pattern = _folder_and_pattern(target)
        number = _NUMBER.search(pattern)
        assert number is not None
        self._before, self._after = pattern[: number.start()], pattern[number.end() :]
        self._pattern = re.compile(re.escape(self._before) + r"\d+" + re.escape(self._after))
        self._digits = int(number[2]) if number[1] and number[2] else 0
        self.suffix = Path(pattern).suffix.lower()
        if self.suffix not in IMAGES:
            raise UsageError(
                f"{target}: images cannot be written as '{self.suffix}'", hint=f"use {', '.join(IMAGES)}"
            )
        self._force = force
        old = self.existing()
        if old and not force:
            raise UsageError(
                f"{target}: {len(old)} such images already exist",
                hint="replace them with --force, or choose another folder with -o",
            )
        self._part: PartFolder | None = None
        self._count = 0

    def add(self, data: bytes) -> None:
        """Write the next image.

        Raises:
            DynodeError: it cannot be written.
        """
        with telling(self.name):
            if self._part is None:
                self._part = PartFolder(self.name, self._folder, self._pattern, replace=self._force)
            self._count += 1
            self._part.write(self._file(self._count), data)

    def _file(self, number: int) -> str:
        return f"{self._before}{number:0{self._digits}d}{self._after}"

    def existing(self) -> list[Path]:
        """The images of such names that are there."""
        if not self._folder.is_dir():
            return []
        return [entry for entry in self._folder.iterdir() if self._pattern.fullmatch(entry.name)]


@contextmanager
def telling(name: str) -> Iterator[None]:
    """Failures to write `name` become errors that a user understands.

    Raises:
        DynodeError: writing failed.
    """
    try:
        yield
    except OSError as error:
        raise write_error(name, error) from error


def write_error(name: str, error: Exception) -> DynodeError:
    """The error to show when writing `name` failed, in FFmpeg or here."""
    from dynode_cli.media.ffmpeg import is_of_ffmpeg, reason

    told = write_failure(name, error)
    if type(told) is DynodeError and is_of_ffmpeg(error) and not isinstance(error, BrokenPipeError):
        return DynodeError(f"{name}: writing failed ({reason(error)})")
    return told
