"""The errors that dynode raises on purpose, one class an exit code.

Whatever derives from :class:`DynodeError` is shown to the user as one line; anything else is a defect and
keeps its traceback.
"""

from __future__ import annotations


class DynodeError(Exception):
    """Something went wrong at run time; also the base of every error that dynode raises on purpose.

    The message says what is wrong, with which file or option. ``hint``, if any, says what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(DynodeError):
    """A command line, a setting or an option of a plugin that makes no sense."""

    exit_code = 2


class InputError(DynodeError):
    """An input that is missing, or that cannot be read as what it should be."""

    exit_code = 3


class PluginError(DynodeError):
    """A plugin that is missing, broken or does not keep its contract."""

    exit_code = 4


class WeightsError(PluginError):
    """Weights that are missing, unsafe, truncated or made for another architecture."""


class DeviceError(DynodeError):
    """A device that is absent, or memory (RAM, GPU or disk space) that ran out."""

    exit_code = 5


class ConvergenceError(DynodeError):
    """A fit or a solver that did not converge: NaN, underflow of the step, divergence."""

    exit_code = 6


class BatchError(DynodeError):
    """Some files of a batch failed; the others are done."""

    exit_code = 7


class QualityError(DynodeError):
    """A quality gate that was asked for was not passed."""

    exit_code = 8
