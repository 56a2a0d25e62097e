"""Python functions of all verbs, each made of its request: what the commands do, with values instead of words."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, get_args

from dynode_cli.console import show_where_seen
from dynode_cli.errors import UsageError
from dynode_cli.outside import blamed_on
from dynode_cli.requests.base import Request, fields_of
from dynode_cli.requests.bench import Bench
from dynode_cli.requests.codes import Invert, Render, Resample
from dynode_cli.requests.directions import LearnDirection
from dynode_cli.requests.edit import Edit
from dynode_cli.requests.evaluate import Evaluate
from dynode_cli.requests.frames import RenderFrames
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.requests.probe import Probe
from dynode_cli.values.frames import Frames, Pixels

if TYPE_CHECKING:
    # What the verbs below give, named in text because it brings torch.
    from dynode_cli.benchmark.run import Benchmark  # noqa: F401
    from dynode_cli.pipeline.to_file import Rendered  # noqa: F401
    from dynode_cli.verbs.editing.edit import Edited  # noqa: F401
    from dynode_cli.verbs.evaluation.evaluate import Evaluation  # noqa: F401
    from dynode_cli.verbs.frames import FrameStream
    from dynode_cli.verbs.interpolate import Forecast  # noqa: F401
    from dynode_cli.verbs.invert import Inverted  # noqa: F401
    from dynode_cli.verbs.learn import Learned  # noqa: F401
    from dynode_cli.verbs.probe import Probed  # noqa: F401
    from dynode_cli.verbs.render import RenderedCodes  # noqa: F401
    from dynode_cli.verbs.resample import Resampled  # noqa: F401

P = ParamSpec("P")
R = TypeVar("R")


def _run(home: str, request: Request) -> Any:
    """What the function at ``module:function`` makes of `request`; imported now, since it brings torch."""
    from dynode_cli.plugin_host.host import load_host
    from dynode_cli.verbs.beforehand import check_files, check_names

    module, _, name = home.partition(":")
    request, host = request.shown_by(show_where_seen), load_host()
    with _quiet_imports(), blamed_on(str(getattr(request, "source", ""))):
        check_names(request, host)
        check_files(request)
        from dynode_cli.verbs.caller import usual_torch

        with usual_torch():
            return getattr(import_module(module), name)(request, host)


@contextmanager
def _quiet_imports() -> Iterator[None]:
    """Warnings about what dynode does not use stay away: in notebooks tqdm misses widgets for a bar of its own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        yield


_HOMES: dict[Any, str] = {}
"""Where the verb of a request is: of several that take it, the first."""


def run(request: Request) -> Any:
    """Run a request, such as one that was read back, and give what the function of its verb gives.

    ``run(Interpolate.from_json(text))`` is ``interpolate`` with the same keywords.

    Raises:
        UsageError: no verb takes such a request.
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    if type(request) not in _HOMES:
        kind = f"the class {request.__name__}" if isinstance(request, type) else f"a {type(request).__name__}"
        raise UsageError(
            f"{kind} is no request of a verb",
            hint="build one, such as Interpolate(source, ...), or read one back with Interpolate.from_json",
        )
    return _run(_HOMES[type(request)], request)


class Verb(Generic[R]):
    """What does a thing, and gives an `R`.

    Arguments:
        home: ``module:function``; imported when it is called, since it brings torch.
        says: what it does, where it does not do what its request says.
    """

    def __init__(self, home: str, says: str = "") -> None:
        self._home, self._says = home, says

    def taking(self, request: Callable[P, Request]) -> Callable[P, R]:
        """A function that takes what `request` is made of."""

        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            done: R = _run(self._home, request(*args, **kwargs))
            return done

        _HOMES.setdefault(request, self._home)
        # Set when a subscripted generic is called.
        (gives,) = get_args(vars(self)["__orig_class__"])
        _dress(called, self._home.partition(":")[2], request, gives.__forward_arg__, self._says)
        return called


def _dress(function: Any, name: str, request: Any, gives: str, says: str = "") -> None:
    """Name, documentation and signature of a function that takes what `request` is made of."""
    signature = _signature(request, gives)
    function.takes = request
    function.__name__ = function.__qualname__ = name
    function.__doc__ = _documentation(request, says or inspect.getdoc(request) or "")
    function.__signature__ = signature
    function.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()} | {"return": gives}


def _signature(request: Any, gives: str) -> inspect.Signature:
    """Of a function: of a field that is parsed, what it can be given as."""
    signature = inspect.signature(request)
    parameters = [p.replace(annotation=_given_as(str(p.annotation))) for p in signature.parameters.values()]
    parameters.sort(key=lambda parameter: (parameter.kind, parameter.name == "show"))
    return signature.replace(parameters=parameters, return_annotation=gives)


def _given_as(annotation: str) -> str:
    node = ast.parse(annotation, mode="eval").body
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Parsed" and isinstance(node.slice, ast.Tuple):
        return ast.unparse(node.slice.elts[1])
    return annotation


def _documentation(request: Any, says: str) -> str:
    """Of a function: what it does, what it takes, what it raises."""
    lines = [says, "", "Arguments:"]
    lines += [f"    {field.name}: {field.help}" for field in fields_of(request)]
    lines += ["    show: Told how far the work has come: 'auto' draws a bar in terminals and notebooks.", ""]
    return "\n".join([*lines, "Raises:", "    DynodeError: whatever goes wrong; nothing is left at the output then."])


def _streaming(
    request: Callable[Concatenate[Any, P], RenderFrames],
) -> Callable[Concatenate[Frames[Pixels], P], FrameStream[Pixels]]:
    """Frames like those that were given, one after the other."""

    def called(frames: Frames[Pixels], /, *args: P.args, **kwargs: P.kwargs) -> FrameStream[Pixels]:
        stream: FrameStream[Pixels] = _run("dynode_cli.verbs.frames:iter_frames", request(frames, *args, **kwargs))
        return stream

    says = "Frames as `render_frames` makes them, one after the other: the result need not fit into memory."
    _dress(called, "iter_frames", request, "FrameStream[Pixels]", says)
    return called


def _gathering(
    request: Callable[Concatenate[Any, P], RenderFrames],
) -> Callable[Concatenate[Frames[Pixels], P], Pixels]:
    """An array like the one that was given."""

    def called(frames: Frames[Pixels], /, *args: P.args, **kwargs: P.kwargs) -> Pixels:
        array: Pixels = _run("dynode_cli.verbs.frames:render_frames", request(frames, *args, **kwargs))
        return array

    _dress(called, "render_frames", request, "Pixels")
    return called


interpolate = Verb["Rendered"]("dynode_cli.verbs.interpolate:interpolate").taking(Interpolate)
forecast = Verb["Forecast"](
    "dynode_cli.verbs.interpolate:forecast",
    "What `interpolate` would make, with memory and time that it takes: the source is looked through, nothing written.",
).taking(Interpolate)
edit = Verb["Edited"]("dynode_cli.verbs.editing.edit:edit").taking(Edit)
evaluate = Verb["Evaluation"]("dynode_cli.verbs.evaluation.evaluate:evaluate").taking(Evaluate)
invert = Verb["Inverted"]("dynode_cli.verbs.invert:invert").taking(Invert)
render = Verb["RenderedCodes"]("dynode_cli.verbs.render:render").taking(Render)
resample = Verb["Resampled"]("dynode_cli.verbs.resample:resample").taking(Resample)
learn_direction = Verb["Learned"]("dynode_cli.verbs.learn:learn_direction").taking(LearnDirection)
probe = Verb["Probed"]("dynode_cli.verbs.probe:probe").taking(Probe)
bench = Verb["Benchmark"]("dynode_cli.benchmark.run:bench").taking(Bench)
render_frames = _gathering(RenderFrames)
iter_frames = _streaming(RenderFrames)
