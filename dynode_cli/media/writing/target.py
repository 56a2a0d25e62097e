"""Targets, where output goes: checked before work starts, written beside its place, moved there when it is complete."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import IO, Protocol

import av

from dynode_cli.errors import DeviceError, DynodeError, UsageError
from dynode_cli.media.containers import IMAGES, PIPE
from dynode_cli.media.ffmpeg import as_file, reason
from dynode_cli.media.reading.source import Source

_NUMBER = re.compile(r"%(0?)(\d*)d")
PART = ".part"


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


def check_target(target: str, source: Source | None, *, force: bool) -> None:
    """Refuse an output that cannot or must not be written.

    Raises:
        UsageError: it exists, is the input, or its folder is missing or read-only.
    """
    if target == PIPE:
        return
    path = Path(target)
    if source is not None and _is_input(target, source):
        raise UsageError(f"{target}: the output is the input", hint="choose another name with -o")
    if path.is_dir() and not is_sequence(target):
        raise UsageError(f"{target}: is a folder", hint=f"name a file in it, or write {target}/ for images")
    if path.exists() and not is_sequence(target) and not force:
        raise UsageError(f"{target}: exists already", hint="replace it with --force, or choose another name with -o")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(
            f"{target}: there is no folder {folder}", hint=f"make it first: mkdir -p {shlex.quote(str(folder))}"
        )
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{target}: the folder {folder} is read-only")


def _is_input(target: str, source: Source) -> bool:
    if not is_sequence(target):
        return source.is_same_file(target)
    if source.kind != "images":
        return False
    folder = Path(target) if target.endswith(("/", os.sep)) else Path(target).parent
    same_folder = folder.exists() and folder.samefile(source.path)
    return same_folder and Path(target).suffix.lower() in ("", *{file.suffix.lower() for file in source.files})


class FileTarget:
    """One file, written as ``NAME.part``."""

    def __init__(self, target: str) -> None:
        self.name = target
        self._path = Path(target)
        self.part = self._path.with_name(self._path.name + PART)
        self._began = False

    @property
    def destination(self) -> str:
        """What to open for writing.

        Raises:
            DynodeError: it cannot be opened.
        """
        try:
            self.part.touch()
        except OSError as error:
            raise write_error(self.name, error) from error
        self._began = True
        return as_file(self.part)

    def commit(self) -> None:
        try:
            self.part.replace(self._path)
        except OSError as error:
            raise write_error(self.name, error) from error

    def discard(self) -> None:
        if self._began:
            self.part.unlink(missing_ok=True)


class PipeTarget:
    """Standard output, which can only go forwards and cannot be taken back."""

    name = "standard output"

    @property
    def destination(self) -> Pipe:
        """What to open for writing."""
        return Pipe(sys.stdout.buffer)

    def commit(self) -> None:
        try:
            sys.stdout.buffer.flush()
        except OSError as error:
            raise write_error(self.name, error) from error

    def discard(self) -> None:
        """What has gone out stays out."""


class Pipe:
    """A binary stream without ``seek``, so that the muxer does not try to."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.write = stream.write
        self.name = PIPE


class SequenceTarget:
    """Numbered images, written into ``FOLDER.part`` and moved when all are there."""

    def __init__(self, target: str, *, force: bool) -> None:
        self.name = target
        folder_named = target.endswith(("/", os.sep))
        self._folder = Path(target) if folder_named else Path(target).parent
        pattern = "%05d.png" if folder_named else Path(target).name
        number = _NUMBER.search(pattern)
        assert number is not None
        self._before, self._after = pattern[: number.start()], pattern[number.end() :]
        self._digits = int(number[2]) if number[1] and number[2] else 0
        self.suffix = Path(pattern).suffix.lower()
        if self.suffix not in IMAGES:
            raise UsageError(
                f"{target}: images cannot be written as '{self.suffix}'", hint=f"use {', '.join(IMAGES)}"
            )
        self._old = self._existing()
        if self._old and not force:
            raise UsageError(
                f"{target}: {len(self._old)} such images exist already",
                hint="replace them with --force, or choose another folder with -o",
            )
        home = self._folder.resolve()
        self._part = home.with_name(home.name + PART) if not home.exists() else home / f".dynode{PART}"
        self._count = 0

    def add(self, data: bytes) -> None:
        """Write the next image.

        Raises:
            DynodeError: it cannot be written.
        """
        try:
            if self._count == 0:
                shutil.rmtree(self._part, ignore_errors=True)
                self._part.mkdir()
            self._count += 1
            (self._part / self._file(self._count)).write_bytes(data)
        except OSError as error:
            raise write_error(self.name, error) from error

    def commit(self) -> None:
        try:
            if self._part.parent != self._folder.resolve():
                self._part.replace(self._folder)
                return
            for old in self._old:
                old.unlink(missing_ok=True)
            for number in range(1, self._count + 1):
                (self._part / self._file(number)).replace(self._folder / self._file(number))
            self._part.rmdir()
        except OSError as error:
            raise write_error(self.name, error) from error

    def discard(self) -> None:
        if self._count:
            shutil.rmtree(self._part, ignore_errors=True)

    def _file(self, number: int) -> str:
        return f"{self._before}{number:0{self._digits}d}{self._after}"

    def _existing(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        name = re.compile(re.escape(self._before) + r"\d+" + re.escape(self._after))
        return [entry for entry in self._folder.iterdir() if name.fullmatch(entry.name)]


def write_error(name: str, error: Exception) -> DynodeError:
    """The error to show when writing `name` failed."""
    number = getattr(error, "errno", None)
    if isinstance(error, BrokenPipeError):
        return DynodeError(f"{name}: whatever was reading it has stopped")
    if number == errno.ENOSPC or number == errno.EDQUOT:
        return DeviceError(f"{name}: the disk is full", hint="free some space or write elsewhere with -o")
    if isinstance(error, PermissionError) or number == errno.EROFS:
        return UsageError(f"{name}: may not be written (permission denied or read-only)")
    what = reason(error) if isinstance(error, av.FFmpegError) else getattr(error, "strerror", None) or str(error)
    return DynodeError(f"{name}: writing failed ({what})")
