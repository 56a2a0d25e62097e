"""Input that the user named: a file, an image sequence, an animation, a pipe, or frames in memory."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import IO, Any, Literal, overload

from av.container import InputContainer

from dynode_cli.errors import DeviceError, InputError, UsageError
from dynode_cli.media.containers import PIPE, READABLE_IMAGES
from dynode_cli.media.ffmpeg import main_video, open_input
from dynode_cli.media.reading.closing import Closing
from dynode_cli.media.reading.in_memory import MemorySource
from dynode_cli.media.reading.sameness import FileState, check_same
from dynode_cli.media.reading.tiff import tiff_of
from dynode_cli.media.reading.webp import is_animated_webp
from dynode_cli.other_words import answer
from dynode_cli.saving.scratch import Scratch
from dynode_cli.values.frames import Frames

DEFAULT_RATE = Fraction(25)
"""Frames per second of an image sequence, which has no clock of its own."""
_PATTERN = re.compile(r"%(0?)(\d*)d")


@dataclass(frozen=True)
class FileSource(Closing):
    """Files that can be opened as often as needed. Close it to remove what was spooled from a pipe."""

    name: str
    """What messages call it: what the user typed."""
    kind: Literal["container", "images", "webp"]
    path: Path
    """The file; for several images the folder that they lie in."""
    files: tuple[Path, ...] = ()
    """The images in order."""
    ticks: tuple[int, ...] = ()
    """Time of each image in frames: its number in a pattern less the first one, so that a gap is a gap."""
    rate: Fraction = DEFAULT_RATE
    """Frame rate of an image sequence."""
    stream: int | None = None
    """Number among the videos of a file of the one that is wanted; see :func:`~dynode_cli.media.ffmpeg.main_video`."""
    spooled: Scratch | None = field(default=None, repr=False)
    """The scratch folder with the copy that `path` is, if it is one of a pipe."""
    states: Mapping[Path, FileState | None] = field(init=False, repr=False, compare=False)
    """What each file was when it was first seen."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", {file: FileState.of(file) for file in self.files or (self.path,)})

    def check_same(self, file: Path | None = None) -> None:
        """Refuse to go on if `file`, or any of them, is not what it was when it was first seen.

        Raises:
            InputError: it was replaced, cut, written to, or removed.
        """
        for each in self.states if file is None else (file,):
            check_same(each, self.states[each])

    def close(self) -> None:
        """Remove the temporary copy, if there is one."""
        if self.spooled is not None:
            self.spooled.close()

    def open(self) -> InputContainer:
        """Open the container once more.

        Raises:
            InputError: it is not what it was, or cannot be opened.
        """
        self.check_same()
        return open_input(self.path, self.name)

    @property
    def missing(self) -> int:
        """Numbers that are missing in a sequence of images: each leaves a gap of one frame."""
        return self.ticks[-1] + 1 - len(self.ticks) if self.ticks else 0

    def file_at(self, tick: int | None) -> Path:
        """Where the frame with time stamp `tick` lies."""
        return self.files[self.ticks.index(tick)] if self.kind == "images" and tick is not None else self.path

    def name_at(self, tick: int | None) -> str:
        """What messages call where the frame with time stamp `tick` lies."""
        return str(self.file_at(tick))

    def is_same_file(self, target: str | Path) -> bool:
        """Whether writing to `target` would overwrite this input."""
        path = Path(target)
        return any(path.exists() and path.samefile(file) for file in (self.path, *self.files) if file.exists())


Source = FileSource | MemorySource
"""An input; its `kind` says which."""


@overload
def open_source(what: str, *, rate: Fraction = ..., stream: int | None = ...) -> FileSource: ...
@overload
def open_source(what: Frames[Any], *, rate: Fraction = ..., stream: int | None = ...) -> MemorySource: ...
@overload
def open_source(what: str | Frames[Any], *, rate: Fraction = ..., stream: int | None = ...) -> Source: ...
def open_source(what: str | Frames[Any], *, rate: Fraction = DEFAULT_RATE, stream: int | None = None) -> Source:
    """Frames in memory as a source, or the video that a text names.

    Arguments:
        what: frames in memory; or a file; a folder of images (natural order: ``2.png`` before ``10.png``; hidden ones
            left out); a pattern such as ``frames/%05d.png`` (a number that is missing leaves a gap in time); or ``-``
            for standard input, which is copied to a temporary file, still compressed, so that it can be read twice.
        rate: frame rate of an image sequence; containers and frames in memory know their own.
        stream: which of the videos in a file, from 0; None: see :func:`~dynode_cli.media.ffmpeg.main_video`.

    Raises:
        InputError: nothing is there, it may not be read, or it holds no video.
        UsageError: a stream is asked for that is not there.
    """
    source = MemorySource(what) if isinstance(what, Frames) else _file_source(what, rate, stream)
    if stream is not None and source.kind != "container":
        source.close()
        raise UsageError(f"{source.name}: --stream v:{stream} chooses among the videos of a file, and this is none")
    return source


def _file_source(text: str, rate: Fraction, stream: int | None) -> FileSource:
    if text == PIPE:
        return _checked(replace(_spool(sys.stdin.buffer, "standard input"), stream=stream))
    path = Path(text)
    if path.is_dir():
        return _folder(text, path, rate)
    if not path.exists():
        if _PATTERN.search(path.name):
            return _pattern(text, path, rate)
        raise InputError(f"{text}: no such file", hint=answer("input", text) or _nearby(path))
    if not path.is_file():
        try:
            with path.open("rb") as pipe:
                return _checked(replace(_spool(pipe, text), stream=stream))
        except OSError as error:
            raise InputError(f"{text}: cannot be read ({error.strerror})") from error
    if not os.access(path, os.R_OK):
        raise InputError(f"{text}: may not be read (permission denied)")
    if path.stat().st_size == 0:
        raise InputError(f"{text}: the file is empty")
    return _checked(FileSource(text, _kind_of(path), path, rate=rate, stream=stream))


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which ``frame2`` comes before ``frame10``."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part.casefold()) for part in parts if part]


def _checked(source: FileSource) -> FileSource:
    """`source`, once it has proved to hold video."""
    if source.kind == "webp":
        return source
    try:
        with source.open() as container:
            main_video(container, source.name, source.stream)
    except (InputError, DeviceError, UsageError):
        source.close()
        raise
    if tiff_of(source.path) is not None:
        # Of which some need another reader than videos do.
        return replace(source, kind="images", files=(source.path,), ticks=(0,))
    return source


def _spool(pipe: IO[bytes], name: str) -> FileSource:
    scratch = Scratch()
    try:
        path = scratch.path / "spooled.media"
        with path.open("xb") as copy:
            shutil.copyfileobj(pipe, copy, 1 << 20)
            if copy.tell() == 0:
                raise InputError(f"{name}: nothing came in")
        return FileSource(name, _kind_of(path), path, spooled=scratch)
    except BaseException:
        scratch.close()
        raise


def _kind_of(file: Path) -> Literal["container", "webp"]:
    return "webp" if is_animated_webp(file) else "container"


def _folder(text: str, folder: Path, rate: Fraction) -> FileSource:
    try:
        found = [entry for entry in folder.iterdir() if _is_image(entry)]
    except PermissionError as error:
        raise InputError(f"{text}: may not be read (permission denied)") from error
    if not found:
        raise InputError(
            f"{text}: there are no images in this folder",
            hint=f"images end with {', '.join(sorted(READABLE_IMAGES))}",
        )
    files = tuple(sorted(found, key=lambda file: natural_key(file.name)))
    return FileSource(text, "images", folder, files, _places([file.name for file in files]), rate)


def _places(names: Sequence[str]) -> tuple[int, ...]:
    """Times in frames of images in order: where their names differ in one number, that says where some are missing.

    Numbers of which most are missing are no count of frames.
    """
    parts = [re.split(r"(\d+)", Path(name).stem) for name in names]
    numbered = [
        k for k in range(1, len(parts[0]), 2) if any(len(each) <= k or each[k] != parts[0][k] for each in parts)
    ]
    plain = tuple(range(len(names)))
    if len(numbered) != 1 or any(_without(each, numbered[0]) != _without(parts[0], numbered[0]) for each in parts):
        return plain
    numbers = [int(each[numbered[0]]) for each in parts]
    # What differs is somewhere, so there are two names or more.
    steps = [after - before for before, after in pairwise(numbers)]
    if min(steps) <= 0 or sum(steps) // gcd(*steps) + 1 > 2 * len(names):
        return plain
    return tuple((number - numbers[0]) // gcd(*steps) for number in numbers)


def _without(parts: Sequence[str], k: int) -> list[str]:
    return [*parts[:k], *parts[k + 1 :]]


def _is_image(entry: Path) -> bool:
    # Hidden files are notes of file managers: macOS keeps one, ._1.png, for each picture on other file systems.
    return not entry.name.startswith(".") and entry.suffix.lower() in READABLE_IMAGES and entry.is_file()


def _pattern(text: str, pattern: Path, rate: Fraction) -> FileSource:
    field_ = _PATTERN.search(pattern.name)
    assert field_ is not None
    before, after = pattern.name[: field_.start()], pattern.name[field_.end() :]
    digits = rf"\d{{{field_[2]},}}" if field_[1] and field_[2] else r"\d+"
    names = re.compile(re.escape(before.replace("%%", "%")) + f"({digits})" + re.escape(after.replace("%%", "%")))
    if not pattern.parent.is_dir():
        raise InputError(f"{text}: there is no folder {pattern.parent}")
    numbered = sorted(
        (int(match[1]), entry) for entry in pattern.parent.iterdir() if (match := names.fullmatch(entry.name))
    )
    if not numbered:
        raise InputError(f"{text}: no file in {pattern.parent} matches this pattern")
    first = numbered[0][0]
    return FileSource(
        text,
        "images",
        pattern.parent,
        tuple(entry for _, entry in numbered),
        tuple(number - first for number, _ in numbered),
        rate,
    )


def _nearby(path: Path) -> str | None:
    """A file beside the missing one whose name is nearly the same."""
    from difflib import get_close_matches

    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either"
    close = get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1, cutoff=0.75)
    return f"did you mean {path.parent / close[0]}?" if close else None
