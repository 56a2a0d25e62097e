"""Error messages and exit codes: what the user is told when a command fails."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from dynode_cli import other_words
from dynode_cli.cli.session import Session
from dynode_cli.console import Console
from dynode_cli.errors import DeviceError, DynodeError
from dynode_cli.outside import failure_of, out_of_memory, stage_of
from dynode_cli.plugin_host.blame import plugin_named
from dynode_cli.suggestions import closest

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


def from_click(error: Any, session: Session, words: Sequence[str] = ()) -> Failure:
    """The failure that a bad command line of `words` means, as every other error is told."""
    ctx = getattr(error, "ctx", None)
    hint = f"see {ctx.command_path} -h" if ctx is not None else None
    if hasattr(error, "possibilities"):
        name = other_words.option_among(error.option_name, words)
        message = f"there is no option {name}"
        hint = _meant(name, ctx) or hint
    else:
        # The newest typer puts this before what a choice says of a bad word.
        message = error.format_message().replace("Value error, ", "")
        message = message[:1].lower() + message[1:].rstrip(".")
        if ctx is not None and message.startswith("missing argument"):
            # `-i in.mp4` was read as the inverter.
            hint = other_words.answer("inverter", ctx.params.get("inverter") or "") or hint
    param = getattr(error, "param", None)
    if param is not None and ctx is not None:
        source = ctx.get_parameter_source(param.name)
        if source is not None and source.name == "DEFAULT_MAP":
            message = f"{session.sources[param.name]}: {error.message}"
        elif source is not None and source.name == "ENVIRONMENT":
            message = f"{param.envvar}: {error.message}"
    return Failure(" ".join(message.split()), hint, error.exit_code, "UsageError")


def _meant(name: str, ctx: Any) -> str | None:
    """What was meant by an option `name` that the command of `ctx` does not have."""
    own = [flag for param in ctx.command.params for flag in (*param.opts, *param.secondary_opts)]
    found = other_words.entry("option", name)
    if found is not None:
        first = found.answer.split()[0]
        elsewhere = first.startswith("-") and first not in own
        return f"in dynode {found.command}, {found.answer}" if elsewhere else found.answer
    # Dashes are no likeness.
    alike = closest(name.lstrip("-"), [flag.lstrip("-") for flag in own if flag.startswith("--")])
    return f"did you mean {' or '.join(f'--{flag}' for flag in alike)}?" if alike else None


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
