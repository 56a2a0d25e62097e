"""Options of an implementation: declared once, used by the CLI, the config file, Python and the docs."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from dynode_cli.contracts import NoOptions
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.suggestions import hint as suggestion

T = TypeVar("T")

_SCALARS: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "text", Path: "path"}
MOST = 2**63 - 1
"""Whole number up to which any library can be given one."""
_DIGITS = 100
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


Decides = Literal["codes", "frames", "nothing"]
"""What an option of a run decides: the codes of its source (and so all that follows), only what is made of them, or
neither, such as where a result goes."""


def option(
    default: Any = dataclasses.MISSING,
    *,
    help: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[str] | None = None,
    flags: Sequence[str] = (),
    metavar: str | None = None,
    panel: str = "",
    common: bool = False,
    offers: str | Sequence[str] = (),
    parse: Callable[[Any], Any] | None = None,
    many: bool = False,
    decides: Decides = "codes",
    project: bool | None = None,
    kw_only: Any = dataclasses.MISSING,
) -> Any:
    """A field of an ``Options`` dataclass, or of a request.

    Arguments:
        default: value when the user gives none. The field's annotation is the type: bool, int, float, str,
            pathlib.Path, a tuple of one of them (``tuple[int, int]``, ``tuple[float, ...]``), or any of these | None.
            Without one the option must be given, which only a request's can.
        help: one sentence.
        unit: unit of the value: ``s``, ``px``, ``frames``, ...
        minimum, maximum: inclusive range of a number, or of each number of a tuple.
        choices: the words that a string may be.
        project: whether a settings file of the current folder, which may be a stranger's, may set it without being
            trusted: False for what can run code, choose a path, overwrite, reach the network or be handed on as it
            is. Default: a number, true or false, and one of `choices` may be set, free text and paths may not; nothing
            of a request may.

    What follows is for requests (:mod:`dynode_cli.requests`):

    Arguments:
        flags: how it is given on the command line, ``("--fps",)``; the longest names it in files and the environment.
            Without any, it is an argument.
        metavar: what help shows for its value.
        panel: the heading of help that it stands under.
        common: ``-h`` shows it, as what most people use; ``--help`` shows all.
        offers: what completion in a shell offers for its value: words, or the kind of plugin (``generator``,
            ``weights``, ...) whose names they are; ``plugin`` stands for all kinds.
        parse: makes the value of what a user writes, and leaves a value as it is; raises UsageError.
        many: it may be given again, and `parse` is given the sequence.
        decides: what of a run depends on it.
        kw_only: False for what Python takes by position.
    """
    metadata = {
        "help": help,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "flags": tuple(flags),
        "metavar": metavar,
        "panel": panel,
        "common": common,
        "offers": offers,
        "parse": parse,
        "many": many,
        "decides": decides,
        "project": project,
    }
    return dataclasses.field(default=default, metadata=metadata, kw_only=kw_only)


@dataclass(frozen=True)
class OptionInfo:
    """What there is to know about an option."""

    name: str
    type: str
    """``bool``, ``int``, ``float``, ``text``, ``path``, ``int,int``, ``float,...``; ``|none`` if it may be none."""
    default: Any
    help: str
    unit: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...] | None
    project: bool
    """A settings file of the current folder may set it, trusted or not."""

    def summary(self) -> str:
        """What a value must be: ``int from 1 to 8, px; default 4``."""
        text = " or ".join(self.choices) if self.choices else self.type
        if self.minimum is not None and self.maximum is not None:
            text += f" from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            text += f" from {self.minimum:g}"
        elif self.maximum is not None:
            text += f" up to {self.maximum:g}"
        return f"{text}{f' {self.unit}' if self.unit else ''}; default {format_value(self.default)}"


def options_of(implementation: type) -> type:
    """The ``Options`` dataclass of an implementation; one without any has :class:`NoOptions`.

    Raises:
        PluginError: ``Options`` is no dataclass.
    """
    declared = getattr(implementation, "Options", NoOptions)
    if not (isinstance(declared, type) and dataclasses.is_dataclass(declared)):
        raise PluginError(
            f"{implementation.__module__}.{implementation.__qualname__}.Options is not a dataclass",
            hint="declare it as a frozen dataclass whose fields are made with dynode_cli.option",
        )
    return declared


def describe(cls: type) -> list[OptionInfo]:
    """The options that dataclass `cls` declares, in order."""
    hints = get_type_hints(cls)
    return [_info(field, hints[field.name]) for field in _fields(cls)]


def parse(cls: type[T], mapping: Mapping[str, object], *, owner: str = "") -> T:
    """An instance of dataclass `cls` with the values of `mapping`, checked; the rest are defaults.

    Arguments:
        mapping: text as typed (``"0.5"``, ``"true"``, ``"8,8"``, ``"none"``) or values from TOML or Python;
            keys with ``-`` or ``_``.
        owner: whose options they are, for error messages: ``generator 'motion'``.

    Raises:
        UsageError: an unknown key, or a value of the wrong type, out of range or not among the choices.
    """
    owner = owner or cls.__qualname__
    known = {info.name: info for info in describe(cls)}
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UsageError(f"{owner} has no option '{key}'", hint=suggestion(key, known, what="options"))
        info = known[name]
        try:
            values[name] = _checked(_convert(value, hints[name]), info)
        except ValueError as error:
            shown = value if isinstance(value, str) else format_value(value)
            raise UsageError(
                f"option '{name}' of {owner}: '{shown}' {error}", hint=f"{name}: {info.summary()}. {info.help}"
            ) from error
    return cls(**values)


def parse_pairs(pairs: Sequence[str]) -> dict[str, str]:
    """``["k=v", ...]`` as a dict of text; the last of several values of a key counts.

    Raises:
        UsageError: one is not ``key=value``.
    """
    result: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"'{pair}' is not key=value", hint="write a name, = and a value: tension=0.5")
        result[key.strip()] = value.strip()
    return result


def format_value(value: object) -> str:
    """`value` as a user would type it; :func:`parse` reads it back."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return ",".join(format_value(item) for item in value)
    return repr(value) if isinstance(value, float) else str(value)


def _fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(field for field in dataclasses.fields(cls) if field.init)


def _info(field: dataclasses.Field[Any], annotation: Any) -> OptionInfo:
    meta = field.metadata
    choices = meta.get("choices")
    default = field.default if field.default is not dataclasses.MISSING else None
    project = meta.get("project")
    return OptionInfo(
        name=field.name,
        type=_type_name(annotation),
        default=default,
        help=meta.get("help", ""),
        unit=meta.get("unit", ""),
        minimum=meta.get("minimum"),
        maximum=meta.get("maximum"),
        choices=tuple(choices) if choices else None,
        project=bool(choices) or _cannot_name_anything(annotation) if project is None else project,
    )


def _cannot_name_anything(annotation: Any) -> bool:
    """A value of this type is no name of a file or of what runs, whatever it is."""
    base, _ = _split(annotation)
    parts = get_args(base) if get_origin(base) is tuple else (base,)
    return all(part in (bool, int, float, Ellipsis) for part in parts)


def _split(annotation: Any) -> tuple[Any, bool]:
    """The type without its ``| None``, and whether it had one."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], len(rest) < len(get_args(annotation))
    return annotation, False


def _type_name(annotation: Any) -> str:
    base, optional = _split(annotation)
    if get_origin(base) is tuple:
        name = ",".join("..." if part is Ellipsis else _scalar_name(part) for part in get_args(base))
    else:
        name = _scalar_name(base)
    return f"{name}|none" if optional else name


def _scalar_name(annotation: Any) -> str:
    if annotation not in _SCALARS:
        raise PluginError(
            f"an option cannot have the type {annotation}",
            hint="bool, int, float, str, Path, a tuple of one of them, or any of these | None",
        )
    return _SCALARS[annotation]


def _convert(value: object, annotation: Any) -> Any:
    """`value` as `annotation` wants it. Raises ValueError with the end of a sentence that began with the value."""
    base, optional = _split(annotation)
    if optional and (value is None or (isinstance(value, str) and value.strip().lower() in ("none", ""))):
        return None
    if get_origin(base) is not tuple:
        return _scalar(value, base)
    parts = get_args(base)
    items: Sequence[object]
    if isinstance(value, str):
        items = value.split(",") if value.strip() else []
    elif isinstance(value, (list, tuple)):
        items = value
    else:
        items = [value]
    if parts[-1] is Ellipsis:
        return tuple(_scalar(item, parts[0]) for item in items)
    if len(items) != len(parts):
        raise ValueError(f"has {len(items)} values instead of {len(parts)}")
    return tuple(_scalar(item, part) for item, part in zip(items, parts, strict=True))


def _scalar(value: object, kind: type) -> Any:
    text = value.strip() if isinstance(value, str) else None
    if kind is bool:
        if isinstance(value, bool):
            return value
        if text is not None and text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError("is not true or false")
    if kind is int:
        if text is not None and len(text) <= _DIGITS:
            with suppress(ValueError):
                value = int(text)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("is not a whole number")
        if not -MOST <= value <= MOST:
            raise ValueError(f"is not between {-MOST} and {MOST}")
        return value
    if kind is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(value)
        if text is not None:
            try:
                return _number(float(text))
            except ValueError:
                pass
        raise ValueError("is not a number")
    if kind is Path and isinstance(value, (str, Path)):
        return Path(value)
    if kind is str and isinstance(value, str):
        return value
    raise ValueError(f"is not {'a path' if kind is Path else 'text'}")


def _number(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("is too large") from None
    if math.isnan(number):
        raise ValueError("is not a number")
    return number


def _checked(value: Any, info: OptionInfo) -> Any:
    for item in value if isinstance(value, tuple) else (value,):
        if info.choices and item is not None and item not in info.choices:
            raise ValueError(f"is not one of {', '.join(info.choices)}")
        if isinstance(item, (int, float)) and not isinstance(item, bool):
            if info.minimum is not None and item < info.minimum:
                raise ValueError(f"is below {info.minimum:g}")
            if info.maximum is not None and item > info.maximum:
                raise ValueError(f"is above {info.maximum:g}")
    return value
