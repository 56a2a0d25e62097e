"""The declaration of options: fields of frozen dataclasses, with what help, files and Python need to know of them."""

from __future__ import annotations

import dataclasses
import inspect
import json
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import MISSING, dataclass
from fractions import Fraction
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeVar,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import UsageError
from dynode_cli.options import option, parse_pairs
from dynode_cli.suggestions import hint as suggestion
from dynode_cli.values.frames import Frames
from dynode_cli.version import __version__

__all__ = [
    "MISSING",
    "Field",
    "Parsed",
    "Request",
    "ShowProgress",
    "changed",
    "fields_of",
    "option",
    "options_given",
    "request",
    "show_nothing",
]

T = TypeVar("T")
W = TypeVar("W")

ShowProgress = Callable[[str, int], AbstractContextManager[Progress]]
"""Opens a display for a job, and gives what is to be told how far it has come.

It is given what is made, and of how many frames; 0: not known yet, (done, total) will say. One is opened for each job.
What it gives may have ``doing(phase, rate, left)`` too: what is being done, in a word, frames a second and seconds
left, None where they are not known.
"""


def show_nothing(description: str, total: int) -> AbstractContextManager[Progress]:
    """A :data:`ShowProgress` for programs."""
    return nullcontext(silent)


if TYPE_CHECKING:

    class Parsed(Generic[T, W]):
        """The type of a field that is given as `W` and holds a `T`: what its parser made of it."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: W) -> None: ...

else:

    class Parsed:
        """The type of a field that is given as `W` and holds a `T`: what its parser made of it."""

        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            return types[0]


@dataclass(frozen=True)
class Field:
    """An option of a request, as it was declared."""

    name: str
    """Of the field: what Python calls it."""
    annotation: Any
    """Type of its value."""
    default: Any
    """As a user would write it; ``MISSING`` where there is none."""
    help: str
    minimum: float | None
    maximum: float | None
    flags: tuple[str, ...]
    metavar: str | None
    panel: str
    common: bool
    """``-h`` shows it."""
    offers: str | Sequence[str]
    """What completion offers: words, or the kind of plugin whose names they are."""
    parse: Callable[[Any], Any] | None
    many: bool
    decides: Literal["codes", "frames", "nothing"]
    project: bool
    """A settings file of the current folder may set it, trusted or not; only where its declaration says so."""

    @property
    def flag(self) -> str:
        """How messages call it: ``--fps``."""
        return max(self.flags, key=len).split("/")[0] if self.flags else self.metavar or self.name

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; none: any."""
        base = _without_none(self.annotation)
        return get_args(base) if get_origin(base) is Literal else ()

    def value_of(self, given: Any) -> Any:
        """The value that `given` means, checked. None is the default, where it is no value.

        Raises:
            UsageError: it means none.
        """
        if isinstance(given, (str, Path)) and "\0" in str(given):
            raise UsageError(f"{self.flag}: the character 0 is in no name", hint="check where it was copied from")
        if given is None:
            return self._value_of_none()
        base = _without_none(self.annotation)
        if self.parse is not None:
            return self._read(self.parse, given)
        if base is Path:
            return self._read(Path, given)
        if self.choices and not (isinstance(given, str) and given in self.choices):
            word = given if isinstance(given, str) else _shown(given)
            raise UsageError(f"{self.flag} {word}: must be one of {', '.join(self.choices)}")
        if base not in _KINDS:
            return given
        kind, meant = _KINDS[base]
        if not isinstance(given, kind) or (isinstance(given, bool) and base is not bool) or given != given:
            raise UsageError(f"{self.flag} {_shown(given)}: must be {meant}")
        if base in (int, float):
            self._check_range(given)
        return base(given)

    def _value_of_none(self) -> Any:
        if self.required:
            raise UsageError(f"{self.name}: must be given")
        can_be_none = type(None) in get_args(self.annotation)
        return None if can_be_none or self.default is None else self.value_of(self.default)

    def _read(self, parse: Callable[[Any], Any], given: Any) -> Any:
        """What `parse` makes of `given`; Python may give what no parser is for."""
        try:
            return parse(given)
        except (TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"{self.flag} {_shown(given)}: not what it takes", hint=self.help) from error

    def _check_range(self, number: Any) -> None:
        if self.minimum is not None and number < self.minimum:
            raise UsageError(f"{self.flag} {_shown(number)}: must be {self.minimum:g} or more")
        if self.maximum is not None and number > self.maximum:
            raise UsageError(f"{self.flag} {_shown(number)}: must be {self.maximum:g} or less")
        if isinstance(number, Integral) and not -(2**63) <= int(number) < 2**64:
            raise UsageError(f"{self.flag} {_shown(number)}: must be a number of at most 64 bits")


# Numbers of numpy are numbers too.
_KINDS: dict[Any, tuple[type, str]] = {
    bool: (bool, "true or false"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    str: (str, "text"),
}


def _shown(given: Any) -> str:
    """`given` for messages, however long it is."""
    try:
        return reprlib.repr(given)
    except ValueError:
        # Python writes no whole number of more than 4300 digits.
        return f"{type(given).__name__} of too many digits"


def _without_none(annotation: Any) -> Any:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return parts[0] if type(None) in get_args(annotation) and len(parts) == 1 else annotation


_FIELDS: dict[type[Any], tuple[Field, ...]] = {}


def fields_of(request: type[Any]) -> tuple[Field, ...]:
    """The options that `request` declares, in the order of its help."""
    if request not in _FIELDS:
        _FIELDS[request] = tuple(_fields(request))
    return _FIELDS[request]


def _fields(request: type[Any]) -> Iterator[Field]:
    hints = get_type_hints(request)
    return (
        Field(
            field.name,
            hints[field.name],
            field.default,
            project=bool(field.metadata["project"]),
            **{key: field.metadata[key] for key in _DECLARED},
        )
        for field in dataclasses.fields(request)
        if "help" in field.metadata
    )


_DECLARED = (
    "help",
    "minimum",
    "maximum",
    "flags",
    "metavar",
    "panel",
    "common",
    "offers",
    "parse",
    "many",
    "decides",
)


def changed(request: type[Request], name: str, *, default: Any = MISSING, **changes: Any) -> Any:
    """The option `name` of `request`, declared there, with another default, range or help in a request of its own.

    Arguments:
        default: what it is here; without one it must be given, whatever it is there.
        changes: other arguments of :func:`option`; `kw_only` is to be said again, for type checkers.
    """
    (field,) = (field for field in dataclasses.fields(request) if field.name == name)
    return option(**{"kw_only": field.kw_only, **field.metadata, **changes, "default": default})


@dataclass_transform(kw_only_default=True, field_specifiers=(option, changed, dataclasses.field))
def request(cls: type[T]) -> type[T]:
    """Make a class a request: a frozen dataclass whose fields are given by name.

    (Frozen when it runs, and not so for type checkers: only then do they tell what a :class:`Parsed` field takes from
    what it holds.)
    """
    made = dataclass(frozen=True, kw_only=True)(cls)
    built = made.__init__

    @wraps(built)
    def given(self: Any, *args: Any, **values: Any) -> None:
        _check_names(made, len(args), values)
        built(self, *args, **values)

    made.__init__ = given  # type: ignore[method-assign]  # with the same signature
    return made


def _check_names(request: type[Any], unnamed: int, values: Mapping[str, Any]) -> None:
    """Refuse options that `request` does not have, too many without a name, and fewer than it wants."""
    parameters = inspect.signature(request).parameters
    known = [field.name for field in fields_of(request)]
    for name in values:
        if name not in parameters:
            raise UsageError(
                f"{request.__name__} has no option '{name}'", hint=suggestion(name, known, what="options")
            )
    without_name = [name for name, parameter in parameters.items() if parameter.kind != parameter.KEYWORD_ONLY]
    if unnamed > len(without_name):
        first = f"{' and '.join(without_name)} alone" if without_name else "none"
        raise UsageError(f"{request.__name__} takes {first} without a name", hint="write the others as NAME=VALUE")
    for field in fields_of(request):
        if field.required and field.name not in (*without_name[:unnamed], *values):
            raise UsageError(f"{request.__name__} wants '{field.name}', which is not there")


@request
class Request:
    """What is asked of dynode. Sound once it is built: every value is parsed, in its range, and fits the others.

    Raises:
        UsageError: on building one whose values make no sense for any source.
    """

    VERSION: ClassVar[int] = 1
    """Of what :meth:`to_json` writes; raised when a field changes its meaning."""

    show: Parsed[ShowProgress, ShowProgress | Literal["auto"]] = dataclasses.field(
        default=cast(Any, show_nothing), compare=False, repr=False
    )
    """Told how far the work has come; ``auto``: a bar in terminals and notebooks. No part of what is asked."""

    def __post_init__(self) -> None:
        show: object = self.show
        if show != "auto" and not callable(show):
            raise UsageError(
                f"show={_shown(show)}: must be 'auto', or what opens a display",
                hint="show='auto' draws a bar in terminals and notebooks",
            )
        for field in fields_of(type(self)):
            object.__setattr__(self, field.name, field.value_of(getattr(self, field.name)))
        for part in reversed(type(self).__mro__):
            if "check" in vars(part):
                part.check(self)  # type: ignore[attr-defined]  # each part checks its own

    def shown_by(self, display: Callable[[], ShowProgress]) -> Self:
        """The request, told to what `display` gives where ``auto`` was asked for."""
        show: object = self.show
        return dataclasses.replace(self, show=display()) if show == "auto" else self

    def to_json(self) -> dict[str, Any]:
        """The request as JSON has it; :meth:`from_json` reads it back."""
        values = {field.name: _written(getattr(self, field.name)) for field in fields_of(type(self))}
        return {"request": type(self).__name__, "version": self.VERSION, "dynode": __version__, **values}

    @classmethod
    def from_json(cls, written: str | Mapping[str, Any]) -> Self:
        """The request that :meth:`to_json` wrote, as text or read.

        Raises:
            UsageError: it is no request of this kind, one of a later version, or its values make no sense.
        """
        try:
            facts = json.loads(written) if isinstance(written, str) else written
        except (ValueError, RecursionError) as error:
            # Of numbers with too many digits, and of brackets within brackets, Python says it in these ways.
            raise UsageError(f"not a written request: {error}", hint=_WRITTEN) from error
        if not isinstance(facts, Mapping) or facts.get("request") != cls.__name__:
            found = f"of {facts['request']}" if isinstance(facts, Mapping) and "request" in facts else _shown(facts)
            raise UsageError(f"not a written request of {cls.__name__}, but {found}", hint=_WRITTEN)
        version = facts.get("version")
        if version != cls.VERSION:
            raise UsageError(
                f"a request of version {version}, written by dynode {facts.get('dynode', 'unknown')}; this dynode "
                f"({__version__}) reads version {cls.VERSION}"
            )
        values = {key: value for key, value in facts.items() if key not in ("request", "version", "dynode")}
        return cls(**{str(key): value for key, value in values.items()})

    def deciding(self, what: Literal["codes", "frames", "nothing"]) -> Iterator[tuple[str, Any]]:
        """Names and written values of the options that decide about `what`."""
        for field in fields_of(type(self)):
            if field.decides == what:
                yield field.name, _written(getattr(self, field.name))


_WRITTEN = "take what `to_json` of such a request gave, as it is or as text by `json.dumps`"


def _written(value: Any) -> Any:
    """`value` as JSON has it, such that its parser reads it back."""
    if isinstance(value, Mapping):
        return {str(key): _written(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Frames):
        raise UsageError("a request for frames in memory cannot be written down", hint="name a file")
    return str(value)


def options_given(given: Mapping[str, Any] | Sequence[str]) -> Mapping[str, Any]:
    """Options of an implementation, by their names with ``_``: a mapping, or ``["key=value", ...]``.

    Raises:
        UsageError: a pair is not ``key=value``.
    """
    pairs = given if isinstance(given, Mapping) else parse_pairs(given)
    return {str(key).replace("-", "_"): _plain(value) for key, value in pairs.items()}


def _plain(value: Any) -> Any:
    """A value that is equal to itself once it was written and read back."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (Path, Fraction)):
        return str(value)
    if isinstance(value, (Integral, Real)):
        return int(value) if isinstance(value, Integral) else float(value)
    raise TypeError(f"an option cannot be a {type(value).__name__}")
