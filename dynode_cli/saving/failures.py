"""Failures to write, as errors that a user understands."""

from __future__ import annotations

import errno

from dynode_cli.errors import DeviceError, DynodeError, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT}


def write_failure(name: str, error: Exception) -> DynodeError:
    """The error to show when writing `name` failed."""
    if isinstance(error, DynodeError):
        return error
    number = getattr(error, "errno", None)
    if isinstance(error, BrokenPipeError):
        return DynodeError(f"{name}: whatever was reading it has stopped")
    if number in _FULL:
        return DeviceError(f"{name}: the disk is full", hint="free some space or write elsewhere with -o")
    if number == errno.EFBIG:
        return DeviceError(
            f"{name}: the file may not grow any more", hint="see ulimit -f, or write elsewhere with -o"
        )
    if isinstance(error, PermissionError) or number == errno.EROFS:
        return UsageError(f"{name}: may not be written (permission denied or read-only)")
    return DynodeError(f"{name}: writing failed ({getattr(error, 'strerror', None) or error})")
