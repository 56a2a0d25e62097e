"""Writes the pages that are made from the program: its commands, options, hooks and public names.

python docs/generate.py           # write them
python docs/generate.py --check   # exit code 1 if one is stale
"""

from __future__ import annotations

import ast
import dataclasses
import html
import inspect
import os
import re
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any, TypeVar, get_origin

import dynode_cli
from dynode_cli import api, hookspecs, options, scaffold
from dynode_cli.cli import COMMANDS, help as help_pages
from dynode_cli.cli.program import Program
from dynode_cli.contracts import Implementation, WeightsEntry
from dynode_cli.plugin_host.discovery import OWN_DISTRIBUTION
from dynode_cli.plugin_host.host import Host
from dynode_cli.plugin_host.kinds import IMPLEMENTED, KINDS, Kind
from dynode_cli.requests.machine import GLOBAL
from dynode_cli.testing.program import private_home

DOCS = Path(__file__).parent
WIDTH = 100
_NOTE = "<!-- Made by docs/generate.py: change the program, then run it. -->\n"
_LATER = "---\nsearch:\n  boost: 0.5\n---\n"
"""Put before pages that are for few: a search shows them after those on how dynode is used."""


def pages() -> dict[str, str]:
    """Every made page, by its path below docs/."""
    # Help is wrapped to the terminal; here always to the same.
    os.environ["COLUMNS"] = str(WIDTH)
    made = {
        "reference/cli.md": _cli(),
        "reference/options.md": _options(_host()),
        "reference/python.md": _python(),
        "hooks/index.md": _hook_index(),
        "footage.md": _footage(),
    }
    return made | {f"hooks/{row.hook}.md": _hook(kind) for kind, row in KINDS.items()}


def stale() -> list[str]:
    """Paths of the pages that are not what they would be now."""
    return [path for path, text in pages().items() if not _same(DOCS / path, text)]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _host() -> Host:
    own = [p for p in entry_points(group="dynode") if p.dist is not None and p.dist.name == OWN_DISTRIBUTION]
    return Host.from_environment({}, own)


# -------------------------------------------------------------------- footage


def _footage() -> str:
    sys.path.insert(0, str(DOCS.parent))
    try:
        from tests.footage.rows import ROWS
    finally:
        sys.path.pop(0)
    count = sum(len(row.inputs) for row in ROWS)
    lines = [
        _NOTE + "# Footage that people have\n",
        "Files are cut, joined, captured, converted and damaged before they come here. This is what becomes of them.",
        f"Each row is tried with files of its kind in every run of the tests, {count} in all: frame *k* of the output is",
        "at its time and the last one ends with the source, a flash in the picture and a beep in the sound are within",
        "2 ms of each other, frames of the source come back within a level of 255, and what lies beside them is kept or",
        "named.\n",
        "`dynode probe FILE` says which of it a file has; warnings of a run say what was repaired and what is lost.\n",
        "| what people have | what is awkward in it | what dynode does | tried with |",
        "|---|---|---|---|",
        *(f"| {row.kind} | {row.awkward} | {row.does} | {len(row.inputs)} |" for row in map(_row_of_footage, ROWS)),
    ]
    return "\n".join(lines) + "\n"


def _row_of_footage(row: Any) -> Any:
    return dataclasses.replace(row, **{name: _cell(getattr(row, name)) for name in ("kind", "awkward", "does")})


# ------------------------------------------------------------------- commands


def _cli() -> str:
    with tempfile.TemporaryDirectory() as folder, private_home(Path(folder)):
        os.environ["DYNODE_LOAD_PLUGINS"] = ""
        program = Program(COMMANDS)
        root = program.context_class(program, info_name="dynode", **program.context_settings)
        commands = [part for words in _commands(program) for part in _command(words, program, root)]
        listed = [f"| [`dynode {name}`](#dynode-{name}) | {entry.summary} |" for name, entry in COMMANDS.items()]
        return (
            "\n".join([_NOTE + _CLI_INTRO, *listed, "", *_global_options(program, root), *commands]).rstrip() + "\n"
        )


_CLI_INTRO = """# Commands

What `--help` says of every command; `-h` shows the options that most people use. `dynode --install-completion` lets your
shell complete options and names. Every option can also be given as `DYNODE_<NAME>` in the environment or in a settings
file: see [settings](settings.md). stdout is data, stderr is progress and messages; every command takes `--json`. What
they end with is under [exit codes](exit-codes.md).

| command | |
|---|---|"""


def _commands(program: Program) -> Iterator[tuple[str, ...]]:
    for name in COMMANDS:
        yield (name,)
        command = program.get_command(None, name)
        for child in getattr(command, "commands", {}):
            yield (name, child)


def _command(words: tuple[str, ...], program: Program, root: Any) -> Iterator[str]:
    """A section on a command: what it does, examples, and its options by headings, each with an anchor."""
    command, ctx = program, root
    for word in words:
        command = command.get_command(ctx, word)
        ctx = command.context_class(command, info_name=word, parent=ctx)
    yield f"## dynode {' '.join(words)}\n\n{_paragraphs(command.help)}\n"
    if hasattr(command, "commands"):
        return
    if command.epilog:
        yield f"```bash\n{inspect.cleandoc(command.epilog)}\n```\n"
    yield f"`{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}`\n"
    for heading, params in help_pages.panels(command, ctx):
        if heading != GLOBAL:
            yield from _panel(heading, params, ctx, "-".join(words))
    yield "And the [global options](#global-options).\n"


def _global_options(program: Program, root: Any) -> Iterator[str]:
    """A section on the options that every command has: those of the first one."""
    command = program.get_command(root, next(iter(COMMANDS)))
    ctx = command.context_class(command, info_name="", parent=root)
    params = dict(help_pages.panels(command, ctx))[GLOBAL]
    yield "## Global options\n"
    yield from _panel("", params, ctx, "global")


def _panel(heading: str, params: list[Any], ctx: Any, place: str) -> Iterator[str]:
    yield f"| {heading} | |\n|---|---|"
    for param in params:
        name, text = help_pages.row(param, ctx)
        flag = max(param.opts, key=len)
        anchor = f"{place}{flag}" if flag.startswith("--") else f"{place}-{flag}"
        shown = html.escape(name).replace("|", "&#124;")
        yield f'| <a id="{anchor}" href="#{anchor}"><code>{shown}</code></a> | {_cell(text)} |'
    yield ""


def _paragraphs(text: str | None) -> str:
    return inspect.cleandoc(text or "")


# -------------------------------------------------------------------- options


def _options(host: Host) -> str:
    flags = [f"`{row.flag}` ({kind})" for kind, row in KINDS.items() if row.flag is not None]
    lines = [
        _LATER + _NOTE + "# Options of what plugins bring\n",
        f"Given as `key=value` after {', '.join(flags[:-1])} and {flags[-1]},",
        "or in a settings file, for every kind, as `[KIND.NAME]`: `[dynamics.ode]`, `[carrier.faces]`.",
        "`dynode plugins info NAME` shows the same.\n",
    ]
    for kind in IMPLEMENTED:
        for registration in host.registrations(kind):
            declared = options.describe(options.options_of(host.implementation(kind, registration.name)))
            lines += [f"## {kind} {registration.name}\n", f"{registration.summary}.\n"]
            if declared:
                lines += ["| option | value | what it does |", "|---|---|---|"]
                lines += [f"| `{o.name}` | {_cell(o.summary())} | {_cell(o.help)} |" for o in declared]
                lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# ---------------------------------------------------------------------- hooks


def _hook_index() -> str:
    rows = [
        f"| [`{hook}`]({hook}.md) | {_first_line(getattr(hookspecs, hook))} |"
        for hook in (row.hook for row in KINDS.values())
    ]
    return "\n".join(
        [
            _LATER + _NOTE + "# Hooks\n",
            "A plugin is a module that an entry point of group `dynode` names; it implements one or more of these.\n",
            "| hook | what it is for |",
            "|---|---|",
            *rows,
            "",
            "```python",
            inspect.getsource(hookspecs.Register).strip(),
            "```",
            "",
        ]
    )


def _hook(kind: Kind) -> str:
    hook, contract = KINDS[kind].hook, KINDS[kind].contract
    function = getattr(hookspecs, hook)
    parts = [
        f"{_LATER}{_NOTE}# {hook}\n",
        f"```python\n{_signature(hook, function)}\n```\n",
        f"{_plain(inspect.getdoc(function) or '')}\n",
        "It fires once, when plugins are loaded; nothing heavy should be imported in it.\n",
        f"`dynode plugins new my-{kind} --kind {kind}` writes this one:\n",
        f"```python\n{_example(kind)}```\n",
    ]
    if contract is not None:
        parts.append(_contract(contract))
    elif kind == "weights":
        parts.append(f"## What is registered\n\n```python\n{inspect.getsource(WeightsEntry).strip()}\n```\n")
    elif kind == "command":
        parts.append(
            '## What is registered\n\nA `typer.Typer`, or `"package.module:app"`. The program adds the\n'
            "global options (`--json`, `-v`, `--config`, ...) to it; `dynode_cli.session_of(ctx)` gives console,\n"
            "settings and plugins.\n"
        )
    return "\n".join(parts)


def _example(kind: Kind) -> str:
    source = DOCS.parent / "dynode_cli" / "scaffold" / "templates" / kind / "hooks.py.tmpl"
    words = scaffold.naming(f"my-{kind}", kind).substitutions()
    return Template(source.read_text(encoding="utf-8")).substitute(words)


def _contract(contract: type) -> str:
    """The contract's attributes and methods, and what it shares with the others, as they stand in the source."""
    shared = [Implementation] if issubclass(contract, Implementation) else []
    source = "\n\n\n".join(inspect.getsource(part).strip() for part in (*shared, contract))
    return f"## What is registered\n\nA subclass of `dynode_cli.{contract.__name__}`:\n\n```python\n{source}\n```\n"


# --------------------------------------------------------------------- Python


def _python() -> str:
    names = sorted(set(dynode_cli.__all__) - {"__version__"}, key=lambda name: (name.lower(), name))
    values = {name: getattr(dynode_cli, name) for name in names}
    verbs = {name: value for name, value in vars(api).items() if hasattr(value, "takes")}
    taken_by: dict[str, list[str]] = {}
    for name, verb in verbs.items():
        taken_by.setdefault(verb.takes.__name__, []).append(name)
    first_ones = [verbs[alike[0]] for alike in taken_by.values()]
    counts = Counter(argument for verb in first_ones for argument in _arguments(verb, named=True).items())
    shared = dict(reversed([argument for argument, count in counts.most_common() if count > 1]))
    lines = [
        _LATER + _NOTE + "# Python\n",
        "Everything public is importable from `dynode_cli`; each name is loaded on first use. How it is used:",
        "[from Python](../python.md).\n",
        "## What dynode does\n",
        "A function a command. Each raises a `DynodeError`, whatever goes wrong, and leaves nothing at the output then.",
        "Arguments after `*` are given by name. These are the same wherever they are taken:\n",
        _ARGUMENTS,
        *(row for _, row in sorted(shared.items())),
        "",
        *(
            part
            for name, verb in verbs.items()
            for part in _verb(name, verb, taken_by[verb.takes.__name__][0], shared)
        ),
        "## What it is asked\n",
        "A request has the arguments of a function as its fields, parsed and checked. `to_json` writes it and",
        "`from_json` reads it back; `vars(request)` are the arguments again.\n",
        "| request | fields: the arguments of |\n|---|---|",
        *(f"| `{name}` | {', '.join(f'`{verb}`' for verb in alike)} |" for name, alike in sorted(taken_by.items())),
        "\n## What it gives, and what plugins are made of\n",
        *(part for name in names if name not in {*verbs, *taken_by} for part in _name(name, values[name])),
    ]
    return "\n".join(lines).rstrip() + "\n"


_ARGUMENTS = "| argument | type | default | |\n|---|---|---|---|"


def _arguments(verb: Any, *, named: bool = False) -> dict[str, str]:
    """Rows of a table, by the names of arguments (all, or those given by name); nothing is told of deprecated ones."""
    told = (inspect.getdoc(verb) or "").partition("Arguments:\n")[2].partition("\n\nRaises:\n")[0]
    helps = dict(line.strip().split(": ", 1) for line in told.splitlines())
    return {
        p.name: f"| `{p.name}` | `{_cell(str(p.annotation))}` "
        f"| {'' if p.default is p.empty else f'`{_named(p.default)!r}`'} | {_cell(_plain(helps[p.name]))} |"
        for p in inspect.signature(verb).parameters.values()
        if p.name in helps and (p.kind is p.KEYWORD_ONLY or not named)
    }


def _verb(name: str, verb: Any, first: str, shared: Mapping[str, str]) -> Iterator[str]:
    """A section on a function that is made of a request; its arguments are told at the `first` that takes them."""
    signature, rows = inspect.signature(verb), _arguments(verb)
    positional = [
        p.replace(annotation=p.empty) for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY
    ]
    yield f"### {name}\n"
    taken = ", ".join([*map(str, positional), "*", "..."])
    yield f"```python\ndef {name}({taken}) -> {signature.return_annotation}\n```\n"
    yield f"{_plain((inspect.getdoc(verb) or '').partition('Arguments:')[0].strip())}\n"
    if name != first:
        yield f"Its arguments are those of `{first}`.\n"
        return
    yield _ARGUMENTS
    yield from (row for name, row in rows.items() if row != shared.get(name))
    same = [f"`{name}`" for name, row in rows.items() if row == shared.get(name)]
    yield f"\nAnd those above: {', '.join(same)}.\n" if same else ""


def _name(name: str, value: Any) -> Iterator[str]:
    """A section on another public name."""
    yield f"### {name}\n"
    if _is_alias(value):
        yield f"```python\n{name} = {_alias(value)}\n```\n"
        return
    if isinstance(value, TypeVar):
        yield f'```python\n{name} = TypeVar("{name}", bound="{value.__bound__.__forward_arg__}")\n```\n'
        return
    if callable(value):
        manages = inspect.isgeneratorfunction(getattr(value, "__wrapped__", None))
        above = "@contextmanager\n" if manages else ""
        yield f"```python\n{above}{_signature(name, value)}\n```\n"
    text = inspect.getdoc(value) if not isinstance(value, (int, str)) else ""
    if text and not text.startswith(f"{name}("):
        yield f"```text\n{_plain(text)}\n```\n"
    elif not callable(value):
        yield f"`{value!r}`\n"
    for row in KINDS.values():
        if row.contract is value:
            yield f"Its methods: [{row.hook}](../hooks/{row.hook}.md).\n"


def _signature(name: str, value: Any) -> str:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        return "\n".join([f"class {name}({bases})" if bases else f"class {name}", *_fields(value)])
    signature = inspect.signature(value)
    parameters = [
        p.replace(annotation=_written(p.annotation), default=_named(p.default)) for p in signature.parameters.values()
    ]
    given = _written(signature.return_annotation)
    text = f"def {name}{signature.replace(parameters=parameters, return_annotation=given)}"
    if len(text) <= WIDTH:
        return text
    inner, _, end = text.removeprefix(f"def {name}(").rpartition(") -> ")
    items = inner.split(", ")
    joined: list[str] = []
    for item in items:
        # A comma within brackets separates no parameters.
        if joined and joined[-1].count("[") > joined[-1].count("]"):
            joined[-1] += f", {item}"
        else:
            joined.append(item)
    lines = "".join(f"    {item},\n" for item in joined)
    return f"def {name}(\n{lines}) -> {end}"


def _fields(value: type) -> Iterator[str]:
    """Fields of a dataclass, with their defaults and what is said of each."""
    if not dataclasses.is_dataclass(value):
        return
    said: dict[str, str] = {}
    for base in reversed(value.__mro__):
        if dataclasses.is_dataclass(base):
            said |= _said_of_fields(base)
    for field in dataclasses.fields(value):
        default = "" if field.default is dataclasses.MISSING else f" = {_named(field.default)!r}"
        factory: Any = field.default_factory
        made = "" if factory is dataclasses.MISSING else f" = {factory.__name__}()"
        yield f"    {field.name}: {field.type}{default}{made}"
        if field.name in said:
            yield f'    """{_plain(said[field.name])}"""'


def _said_of_fields(value: type) -> dict[str, str]:
    """The text that stands below a field, by its name."""
    (body,) = (node.body for node in ast.parse(inspect.getsource(value)).body)  # type: ignore[attr-defined]
    return {
        field.target.id: text.value.value
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


def _is_alias(value: Any) -> bool:
    return isinstance(value, types.UnionType) or get_origin(value) is not None


def _alias(value: Any) -> str:
    """A type as it is written, without the modules that its parts are from."""
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", str(value)).replace("'", '"')


class _Word:
    """Shows as it is written in the source."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _written(annotation: Any) -> Any:
    """Annotations are text here; shown without quotes."""
    return _Word(annotation) if isinstance(annotation, str) else annotation


def _named(default: Any) -> Any:
    """Functions by name: their addresses change from run to run."""
    if default is dataclasses.MISSING:
        return _Word("MISSING")
    return _Word(default.__name__) if inspect.isroutine(default) else default


def _first_line(value: Any) -> str:
    return _plain((inspect.getdoc(value) or "").splitlines()[0])


def _plain(text: str) -> str:
    """Docstring markup as Markdown: a role with a dotted name is its last part."""
    text = re.sub(r":\w+:`~(?:[\w]+\.)*(\w+)`", r"`\1`", text)
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", text).replace("``", "`")


def main() -> int:
    """Write the pages, or with --check say which are stale."""
    if "--check" in sys.argv[1:]:
        old = stale()
        sys.stderr.write("".join(f"stale: docs/{path}\n" for path in old))
        return 1 if old else 0
    for path, text in pages().items():
        target = DOCS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
