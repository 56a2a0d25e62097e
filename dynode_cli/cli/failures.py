"""Error messages and exit codes: what the user is told when a command fails."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from dynode_cli.cli.session import Session
from dynode_cli.console import Console
from dynode_cli.errors import DeviceError, DynodeError
from dynode_cli.outside import failure_of, out_of_memory, stage_of
from dynode_cli.plugin_host.blame import plugin_named

# The classes that typer raises for a bad command line. They belong to the click that it vendors, or, in older
# releases, to click itself; typer exports one of them.
ClickUsageError: type[Exception] = typer.BadParameter.__bases__[0]
ClickError: type[Exception] = ClickUsageError.__bases__[0]


@dataclass(frozen=True)
class Failure:
    """A failed command."""

    message: str
    hint: str | None
    exit_code: int
    kind: str
    cause: BaseException | None = None
    """What a library raised, for those who want to see where (``-vv``)."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: ``{"error": {...}}``."""
        return {
            "error": {
                "type": self.kind,
                "message": self.message,
                "hint": self.hint,
                "exit_code": self.exit_code,
            }
        }


INTERRUPTED = Failure("interrupted", None, 130, "Interrupted")


def stopped_by(number: signal.Signals) -> Failure:
    """What is told after a signal other than that of Ctrl-C."""
    return Failure(f"stopped by {number.name}", None, 128 + number, "Interrupted")


def from_dynode(error: DynodeError) -> Failure:
    """The failure that a deliberate error means."""
    return Failure(str(error), error.hint, error.exit_code, type(error).__name__, error.__cause__)


def from_outside(error: Exception, file: str = "") -> Failure | None:
    """The failure that `error` means if memory or disk space ran out, or a library or the system failed, else None.

    Arguments:
        file: what was worked on.
    """
    resources = from_memory(error)
    if resources is not None:
        return resources
    told = failure_of(error, file)
    return None if told is None else replace(from_dynode(told), cause=error)


def of(error: BaseException, file: str) -> Failure:
    """The failure that `error` means while `file` was worked on, whatever it is, a defect too."""
    if isinstance(error, DynodeError):
        return from_dynode(error)
    outside = from_outside(error, file) if isinstance(error, Exception) else None
    if outside is not None:
        return outside
    kind = type(error).__name__
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({Path(last[0].filename).name}, line {last[0].lineno})" if last else ""
    text = " ".join(str(error).split())
    stage = stage_of(error)
    during = f" at the stage {stage!r}" if stage else ""
    hint = plugin_named(error) or "this is a defect; please report it with what -vv shows"
    told = f"{file}: {kind}{where}{during}{f': {text}' if text else ''}"
    return Failure(told, hint, DynodeError.exit_code, kind, error)


def tell(failure: Failure, console: Console) -> None:
    """Say on stderr what went wrong, and with ``-vv`` where."""
    if failure.cause is not None and console.verbosity > 1:
        console.detail("".join(traceback.format_exception(failure.cause)).rstrip())
    console.error(failure.message, hint=failure.hint)


def from_click(error: Any, session: Session) -> Failure:
    """The failure that a bad command line means, in the words of every other error."""
    ctx = getattr(error, "ctx", None)
    hint = f"see {ctx.command_path} -h" if ctx is not None else None
    possibilities = getattr(error, "possibilities", None)
    if hasattr(error, "possibilities"):
        message = f"there is no option {error.option_name}"
        if possibilities:
            hint = f"did you mean {' or '.join(possibilities)}?"
    else:
        # The newest typer puts this before what a choice says of a bad word.
        message = error.format_message().replace("Value error, ", "")
        message = message[:1].lower() + message[1:].rstrip(".")
    param = getattr(error, "param", None)
    if param is not None and ctx is not None:
        source = ctx.get_parameter_source(param.name)
        if source is not None and source.name == "DEFAULT_MAP":
            message = f"{session.sources[param.name]}: {error.message}"
        elif source is not None and source.name == "ENVIRONMENT":
            message = f"{param.envvar}: {error.message}"
    return Failure(" ".join(message.split()), hint, error.exit_code, "UsageError")


def from_memory(error: BaseException) -> Failure | None:
    """The failure that `error` means if it says that memory or disk space ran out, else None."""
    torch = sys.modules.get("torch")
    on_device = getattr(torch, "OutOfMemoryError", ()) if torch is not None else ()
    if isinstance(error, on_device):
        hint = "use a smaller --memory or --device cpu, or close what else uses the GPU"
        return _out_of("the device ran out of memory", hint)
    if out_of_memory(error):
        return _out_of("memory ran out", "use a smaller --memory, or a shorter or smaller clip")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        name = f" for {error.filename}" if error.filename else ""
        return _out_of(f"there is no space left on the disk{name}", "make room, or write to another disk")
    return None


def _out_of(message: str, hint: str) -> Failure:
    return Failure(message, hint, DeviceError.exit_code, DeviceError.__name__)
