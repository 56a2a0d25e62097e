"""The ``dynode`` program: one module a command.

How a command is written. Its options are the fields of a request (:mod:`dynode_cli.requests`); what it does is a verb
(:mod:`dynode_cli.verbs`). ``dynode_cli/cli/<name>.py`` has an ``app``, imports only light modules at its top (no torch,
av, cv2, scipy) and the rest inside the function::

    from dynode_cli.cli.command import command, command_app
    from dynode_cli.cli.declared import Given
    from dynode_cli.cli.session import Session
    from dynode_cli.requests.smooth import Smooth

    app = command_app()

    @command(app, takes=(Smooth,), examples=["dynode smooth clip.mp4 --fps 240   # what this does"])
    def smooth(session: Session, given: Given) -> None:
        request = given.to(Smooth)
        with session.working(request):
            from dynode_cli.verbs.smooth import smooth as run

            result = run(request, session.host)
        if session.json:
            session.console.print_json(result.to_json())

It becomes a command by a line in :data:`COMMANDS`, whose summary is shown in ``dynode --help`` without importing the
module. A command with commands of its own (``dynode plugins list``) uses ``command_app(help, group=True)``.

What every command gets without a word: ``-h``, the global options (:mod:`~dynode_cli.cli.global_options`), a
``DYNODE_<NAME>`` variable and a settings-file key for each of its options, and a session with ``console``, ``json``,
``offline``, ``settings``, ``host`` (the plugins, to run what they bring with the options of the settings files) and
``plugins`` (to say something about them). It fails by raising a
:class:`~dynode_cli.errors.DynodeError`, which is caught here and nowhere else.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from dynode_cli.cli import failures
from dynode_cli.cli.program import Entry, Program
from dynode_cli.cli.session import Session
from dynode_cli.cli.stopping import stoppable
from dynode_cli.cli.streams import open_missing
from dynode_cli.console import data_to, mute
from dynode_cli.errors import DynodeError

COMMANDS = {
    "interpolate": Entry("dynode_cli.cli.interpolate", "Render a video at another frame rate, or slower."),
    "edit": Entry("dynode_cli.cli.edit", "Change one frame of a video, and every frame follows."),
    "directions": Entry("dynode_cli.cli.directions", "List, show and learn the directions in which edits go."),
    "eval": Entry("dynode_cli.cli.eval", "Score interpolation on frames held out from your own clip."),
    "bench": Entry("dynode_cli.cli.bench", "Measure what solvers, memory, rendering and start-up cost here."),
    "invert": Entry("dynode_cli.cli.invert", "Find the latent codes of a video."),
    "render": Entry("dynode_cli.cli.render", "Render latent codes as a video, images or a tensor."),
    "resample": Entry("dynode_cli.cli.resample", "Read latent codes at other times."),
    "probe": Entry("dynode_cli.cli.probe", "Show streams, timing, colour, shots and duplicates of a video."),
    "plugins": Entry("dynode_cli.cli.plugins", "List, describe, check, install and write plugins."),
    "weights": Entry("dynode_cli.cli.weights", "List, fetch and check weights."),
    "runs": Entry("dynode_cli.cli.runs", "List and remove what earlier runs left."),
    "trust": Entry("dynode_cli.cli.trust", "Say which folders' settings files may set everything.", project=False),
    "doctor": Entry("dynode_cli.cli.doctor", "Check this installation: versions, devices, codecs, plugins."),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with `arguments` (the process's own by default) and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    open_missing()
    session = Session()
    with stoppable() as stop:
        outcome = _run(words, session)
    if isinstance(outcome, int):
        return outcome
    if outcome is failures.INTERRUPTED and stop.signal is not None:
        outcome = failures.stopped_by(stop.signal)
    return _report(outcome, session, as_json=session.json or "--json" in words)


def _run(words: list[str], session: Session) -> int | failures.Failure:
    """Exit code of a command that did what it was asked to, or what went wrong."""
    try:
        with _warnings_of(session), _messages_of(session):
            # Only typer.Exit gives a number here, 130 after Ctrl-C: commands return nothing.
            result = Program(COMMANDS).main(words, prog_name="dynode", standalone_mode=False, obj=session)
        _flush()
        if result != failures.INTERRUPTED.exit_code:
            return result if isinstance(result, int) else 0
        return failures.INTERRUPTED
    except DynodeError as error:
        return failures.from_dynode(error)
    except failures.ClickError as error:
        return failures.from_click(error, session, words)
    except KeyboardInterrupt:
        return failures.INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except Exception as error:
        outside = _unflushed() or failures.from_outside(error)
        if outside is None:
            raise
        return outside


@contextmanager
def _warnings_of(session: Session) -> Iterator[None]:
    """Warnings of plugins are told like our own: a line each, without the place in the code."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: session.new_console().warn(str(message))
        yield


@contextmanager
def _messages_of(session: Session) -> Iterator[None]:
    """What the library logs, such as what it downloads, is told as messages are."""
    logger, handler = logging.getLogger("dynode_cli"), _Messages(session)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Messages(logging.Handler):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        self._session.console.message(record.getMessage())


def _report(failure: failures.Failure, session: Session, *, as_json: bool) -> int:
    console = session.new_console()
    # Of several files that were asked for, some may have been done: one document says it all.
    if as_json and not session.answered:
        # Where nobody can read it, it is still told on stderr.
        with suppress(DynodeError, BrokenPipeError):
            console.print_json(failure.as_json())
    _unflushed()
    failures.tell(failure, console)
    return failure.exit_code


def _flush() -> None:
    with data_to(sys.stdout):
        sys.stdout.flush()


def _unflushed() -> failures.Failure | None:
    """What keeps stdout from taking what was printed, if anything does."""
    try:
        _flush()
    except BrokenPipeError:
        _reader_gone()
    except DynodeError as error:
        return failures.from_dynode(error)
    return None


def _reader_gone() -> int:
    """Whoever read our stdout closed it (``| head``): stop without a word, now and when Python flushes at its end."""
    mute(sys.stdout)
    return 1
