"""Error messages and exit codes: what the user is told when a command fails."""

from __future__ import annotations

import errno
import re
import signal
import sys
from dataclasses import dataclass
from typing import Any

import typer

from dynode_cli.cli.session import Session
from dynode_cli.errors import DeviceError, DynodeError

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
    return Failure(str(error), error.hint, error.exit_code, type(error).__name__)


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
        message = error.format_message()
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
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and re.search(r"can't allocate memory|not enough memory", str(error))
    ):
        return _out_of("memory ran out", "use a smaller --memory, or a shorter or smaller clip")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        name = f" for {error.filename}" if error.filename else ""
        return _out_of(f"there is no space left on the disk{name}", "make room, or write to another disk")
    return None


def _out_of(message: str, hint: str) -> Failure:
    return Failure(message, hint, DeviceError.exit_code, DeviceError.__name__)
