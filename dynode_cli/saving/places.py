"""Places of outputs: where links lead, what is a stream rather than a file, and hidden names beside them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from pathlib import Path
from typing import BinaryIO

from dynode_cli.errors import UsageError

_HIDDEN = re.compile(r"\.dynode-[0-9a-f]{12}-[0-9a-f]{12}\.(?:part|old|replaced)")


def followed(path: Path) -> Path:
    """Where writing to `path` ends: what it links to, if it is a link to a file or folder; else itself.

    As everywhere, a link is followed and stays. One that leads nowhere is not: who planted it would choose where the
    file is made. Nor is one in a folder where anybody may make links (`/tmp`) if it belongs to somebody else; so do
    kernels (`protected_symlinks`).

    Raises:
        UsageError: it is such a link, or lies in one that leads nowhere.
    """
    for above in path.parents:
        if above.is_symlink() and not above.exists():
            raise UsageError(
                f"{path}: {above} is a link to {above.readlink()}, where nothing is", hint="remove it, or make that"
            )
    if not path.is_symlink():
        return Path(os.path.realpath(path.parent)) / path.name
    link, folder = path.lstat(), path.parent.stat()
    open_to_all = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
    own = os.geteuid() if hasattr(os, "geteuid") else link.st_uid
    if open_to_all and link.st_uid not in (own, folder.st_uid):
        raise UsageError(f"{path}: is a link that another user made", hint="choose another name with -o")
    if not path.exists():
        raise UsageError(
            f"{path}: is a link to {path.readlink()}, where nothing is", hint="remove it, or name the file itself"
        )
    return Path(os.path.realpath(path))


def is_stream(path: Path) -> bool:
    """Whether `path` is there and takes bytes without keeping them: a named pipe (FIFO), or the null device.

    Raises:
        UsageError: it is there, and is neither of these nor a file or folder.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
        return False
    if stat.S_ISFIFO(found.st_mode) or os.path.samestat(found, Path(os.devnull).stat()):
        return True
    what = "a socket" if stat.S_ISSOCK(found.st_mode) else "a device"
    raise UsageError(f"{path}: is {what}, and no file", hint="choose another name with -o, or -o - to pipe it")


def open_stream(path: Path) -> BinaryIO:
    """Open a named pipe, once somebody reads it, or the null device.

    Raises:
        OSError: it cannot be opened, or has become something else.
    """
    descriptor = os.open(path, os.O_WRONLY)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileExistsError(errno.EEXIST, "it has become a file")
    return os.fdopen(descriptor, "wb")


def hidden_prefix(name: str) -> str:
    """How the names of all hidden files begin that belong to the output `name` of the same folder."""
    return f".dynode-{hashlib.blake2s(os.fsencode(name), digest_size=6).hexdigest()}-"


def new_hidden(path: Path) -> Path:
    """A hidden name beside `path` that nobody can foresee."""
    return path.with_name(f"{hidden_prefix(path.name)}{secrets.token_hex(6)}.part")


def hidden_beside(path: Path) -> list[Path]:
    """The hidden parts of `path`, whoever made them."""
    prefix = hidden_prefix(path.name)
    try:
        names = [entry.name for entry in os.scandir(path.parent) if entry.name.startswith(prefix)]
    except OSError:
        return []
    return [path.parent / name for name in sorted(names) if _HIDDEN.fullmatch(name)]


def is_own(path: Path) -> bool:
    """Whether `path` is a file or folder (no link) of the user who runs this."""
    try:
        found = path.lstat()
    except OSError:
        return False
    plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return plain and (not hasattr(os, "geteuid") or found.st_uid == os.geteuid())
