from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dynode_cli
from dynode_cli import errors
from dynode_cli.cli import COMMANDS

COMMAND_PLUGIN = '''
import errno
import sys
from typing import Annotated

import typer
from dynode_cli import hookimpl
from dynode_cli import errors

app = typer.Typer()


@app.command()
def fail(ctx: typer.Context, how: str, count: Annotated[int, typer.Option(min=1)] = 3, loud: bool = False) -> None:
    """Fail in a chosen way."""
    if how == "no":
        ctx.obj.console.write(f"count {count}, loud {loud}, verbosity {ctx.obj.console.verbosity}")
    elif how == "interrupt":
        raise KeyboardInterrupt
    elif how == "memory":
        raise MemoryError
    elif how == "allocator":
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8000000000 bytes")
    elif how == "disk":
        raise OSError(errno.ENOSPC, "No space left on device", "out.mp4")
    elif how == "defect":
        raise RuntimeError("a defect")
    elif how == "exit":
        raise typer.Exit(7)
    elif how == "talk":
        for _ in range(100_000):
            ctx.obj.console.write("line")
    else:
        raise getattr(errors, how)("it went wrong", hint="do it right")


@hookimpl
def dynode_register_commands(register):
    register("fail", app, summary="Fails.")
    register("lost", "no_such_module_anywhere:app", summary="Cannot be imported.")
'''


@pytest.fixture
def failing(tmp_path: Path) -> str:
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "failing.py").write_text(COMMAND_PLUGIN)
    return str(folder)


def test_help_lists_every_command_after_examples(dynode):
    for arguments in (["--help"], ["-h"], []):
        outcome = dynode(*arguments)
        assert outcome.code == 0
        assert outcome.err == ""
        examples, commands = outcome.out.split("Commands:")
        assert "Examples:\n  dynode " in examples
        for name, entry in COMMANDS.items():
            assert re.search(rf"^  {name} +{re.escape(entry.summary[:20])}", commands, re.MULTILINE)


def test_version(dynode):
    assert dynode("--version").out == f"dynode {dynode_cli.__version__}\n"


@pytest.mark.parametrize("words", [["probe"], ["plugins"], ["plugins", "list"], ["plugins", "info"], ["doctor"]])
def test_every_command_has_short_and_long_help(dynode, words):
    short, long = dynode(*words, "-h"), dynode(*words, "--help")
    assert short == long, "few options: nothing is left out"
    assert short.code == 0
    assert f"Usage: dynode {' '.join(words)}" in short.out
    if words != ["plugins"]:
        assert "--json" in short.out
        assert "Examples:" in short.out


def test_a_misspelt_command_gets_a_suggestion(dynode):
    outcome = dynode("plugin", "list")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: there is no command 'plugin'\nhint: did you mean 'plugins'?\n"
    assert dynode("zzz").err.splitlines()[1].startswith("hint: commands: ")
    assert "did you mean 'list'" in dynode("plugins", "lits").err.lower()


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["probe"], "missing argument 'IN'", "see dynode probe -h"),
        (["probe", "a", "--no-scna"], "there is no option --no-scna", "did you mean --no-scan?"),
        (["probe", "a", "b"], "got unexpected extra argument(s) (b)", "see dynode probe -h"),
        (["doctor", "--color", "pink"], "invalid value for '--color'", "see dynode doctor -h"),
        (["--colour", "never"], "there is no option --colour", "did you mean --color?"),
    ],
)
def test_a_bad_command_line_is_one_line_and_a_hint(dynode, arguments, message, hint):
    outcome = dynode(*arguments)
    first, second = outcome.err.splitlines()
    assert outcome.code == 2
    assert outcome.out == ""
    assert first.startswith(f"error: {message}")
    assert second == f"hint: {hint}"


@pytest.mark.parametrize("kind", [cls for cls in vars(errors).values() if isinstance(cls, type)])
def test_each_error_has_its_exit_code_and_no_traceback(dynode, failing, kind):
    outcome = dynode("--plugins-dir", failing, "fail", kind.__name__)
    assert outcome.code == kind.exit_code
    assert outcome.err == "error: it went wrong\nhint: do it right\n"
    assert outcome.out == ""


def test_exit_codes_are_the_documented_ones():
    codes = {cls.__name__: cls.exit_code for cls in vars(errors).values() if isinstance(cls, type)}
    assert codes == {
        "DynodeError": 1,
        "UsageError": 2,
        "InputError": 3,
        "PluginError": 4,
        "WeightsError": 4,
        "DeviceError": 5,
        "ConvergenceError": 6,
        "BatchError": 7,
        "QualityError": 8,
    }


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("memory", 5, "error: memory ran out\n"),
        ("allocator", 5, "error: memory ran out\n"),
        ("disk", 5, "error: there is no space left on the disk for out.mp4\n"),
        ("interrupt", 130, "error: interrupted\n"),
        ("exit", 7, ""),
    ],
)
def test_what_the_machine_or_the_user_stops(dynode, failing, how, code, message):
    outcome = dynode("--plugins-dir", failing, "fail", how)
    assert outcome.code == code
    assert outcome.err.startswith(message)
    assert "Traceback" not in outcome.err


def test_a_device_that_runs_out_of_memory(dynode, failing, monkeypatch):
    import torch

    def raise_it(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr("dynode_cli.console.Console.write", raise_it)
    outcome = dynode("--plugins-dir", failing, "fail", "no")
    assert outcome.code == 5
    assert outcome.err.startswith("error: the device ran out of memory\nhint: use a smaller --memory")


def test_a_defect_keeps_its_traceback(dynode, failing):
    with pytest.raises(RuntimeError, match="a defect"):
        dynode("--plugins-dir", failing, "fail", "defect")


@pytest.mark.parametrize("before", [True, False])
def test_an_error_as_json(dynode, failing, before):
    words = ["--json"] * before + ["fail", "InputError"] + ["--json"] * (not before)
    outcome = dynode("--plugins-dir", failing, *words)
    assert json.loads(outcome.out) == {
        "error": {"type": "InputError", "message": "it went wrong", "hint": "do it right", "exit_code": 3}
    }
    assert outcome.err.startswith("error: it went wrong")
    usage = dynode("probe", "--json")
    assert json.loads(usage.out)["error"]["exit_code"] == 2


def test_quiet_and_verbose_before_or_after_the_command(dynode, failing):
    for words, verbosity in [([], 0), (["-q"], -1), (["-vv"], 2), (["--verbose"], 1)]:
        assert f"verbosity {verbosity}\n" in dynode("--plugins-dir", failing, *words, "fail", "no").out
        assert f"verbosity {verbosity}\n" in dynode("--plugins-dir", failing, "fail", "no", *words).out
    assert "verbosity 2\n" in dynode("--plugins-dir", failing, "-v", "fail", "no", "-v").out


def test_colour_of_errors(dynode, monkeypatch):
    assert "\x1b[" not in dynode("zzz").err
    assert "\x1b[" in dynode("--color", "always", "zzz").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in dynode("--color", "always", "zzz").err
    assert "\x1b[" not in dynode("--color", "never", "zzz").err


def test_a_plugins_command_is_listed_and_has_the_global_options(dynode, failing, monkeypatch):
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", failing)
    listed = dynode("--help").out
    assert re.search(r"^  fail +Fails\.$", listed, re.MULTILINE)
    assert re.search(r"^  lost +Cannot be imported\.$", listed, re.MULTILINE)
    assert "no_such_module_anywhere" not in sys.modules
    for option in ("--json", "--config", "--quiet", "--offline"):
        assert option in dynode("fail", "-h").out
    outcome = dynode("lost")
    assert outcome.code == 4
    assert "command 'lost' of plugin 'failing' cannot be imported" in outcome.err


def test_a_plugins_command_that_typer_cannot_build_harms_nothing_else(dynode, clean, tmp_path, monkeypatch):
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "empty.py").write_text(
        "import typer\nfrom dynode_cli import hookimpl\n"
        "@hookimpl\ndef dynode_register_commands(register): register('empty', typer.Typer(), summary='Empty.')"
    )
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    outcome = dynode("empty")
    assert outcome.code == 4
    assert outcome.err.startswith("error: command 'empty' cannot be built by typer: RuntimeError: ")
    (clean / "dynode.toml").write_text("hokk = 'x'")
    assert dynode("plugins", "list").err.startswith("error: dynode.toml: unknown key 'hokk'")


def test_a_plugin_cannot_take_the_name_of_a_command_of_ours(dynode, tmp_path, monkeypatch):
    folder = tmp_path / "taker"
    folder.mkdir()
    (folder / "taker.py").write_text(
        "from dynode_cli import hookimpl\n"
        "@hookimpl\ndef dynode_register_commands(register): register('probe', 'nowhere:app', summary='Mine!')"
    )
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    assert "Mine!" not in dynode("--help").out
    (problem,) = json.loads(dynode("plugins", "list", "--json").out)["problems"]
    assert problem["plugin"] == "taker"
    assert problem["reason"] == "command 'probe' is dynode's own, which is kept"


def test_a_broken_plugin_does_not_break_help_but_strict_breaks_commands(dynode, tmp_path, monkeypatch):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "bad.py").write_text("1 / 0")
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    assert dynode("--help").code == 0
    assert dynode("plugins", "list").code == 0
    monkeypatch.setenv("DYNODE_STRICT_PLUGINS", "1")
    from dynode_cli.plugin_host.host import load_host

    load_host.cache_clear()
    for words in (["plugins", "list"], ["doctor"], ["probe", "x.mp4"]):
        outcome = dynode(*words)
        assert outcome.code == 4
        assert "plugin 'bad': cannot be imported: ZeroDivisionError" in outcome.err
    assert dynode("--help").code == 0


def test_settings_by_strength(dynode, clean, failing, monkeypatch, tmp_path):
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", failing)

    files = ("pyproject.toml [tool.dynode]", "dynode.toml")

    def count(*words):
        outcome = dynode("fail", "no", *words)
        assert outcome.err in ("", *(f"settings of this folder: {file}\n" for file in files))
        return int(re.match(r"count (\d+)", outcome.out)[1])  # type: ignore[index]

    assert count() == 3
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("count = 4")
    assert count() == 4
    (clean / "pyproject.toml").write_text("[tool.dynode]\ncount = 5")
    dynode("trust", "add")
    assert count() == 5
    (clean / "dynode.toml").write_text("count = 6\n[fail]\ncount = 7")
    dynode("trust", "add")
    assert count() == 7
    given = tmp_path / "given.toml"
    given.write_text("count = 8")
    assert count("--config", str(given)) == 8
    monkeypatch.setenv("DYNODE_CONFIG", str(given))
    assert count() == 8
    monkeypatch.setenv("DYNODE_COUNT", "9")
    assert count() == 9
    assert count("--count", "10") == 10


def test_flags_and_global_options_from_files_and_the_environment(dynode, clean, failing, monkeypatch):
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", failing)
    (clean / "dynode.toml").write_text("loud = true\nverbose = 2")
    dynode("trust", "add")
    assert dynode("fail", "no").out == "count 3, loud True, verbosity 2\n"
    assert dynode("fail", "no", "--no-loud").out == "count 3, loud False, verbosity 2\n"
    assert dynode("-q", "fail", "no").out == "count 3, loud True, verbosity -1\n"
    monkeypatch.setenv("DYNODE_LOUD", "false")
    monkeypatch.setenv("DYNODE_QUIET", "1")
    assert dynode("fail", "no").out == "count 3, loud False, verbosity -1\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("count = 'many'", "error: dynode.toml: count: "),
        ("count = 0", "error: dynode.toml: count: "),
        ("count = [1, 2]", "error: dynode.toml: count takes one value, not a list"),
        ("loud = 'yes'", "error: dynode.toml: loud must be true or false, not 'yes'"),
        ("coutn = 4", "error: dynode.toml: unknown key 'coutn'\nhint: did you mean 'count'"),
        ("config = 'x'", "error: dynode.toml: unknown key 'config'"),
        ("[fial]\ncount = 4", "error: dynode.toml: unknown key 'fial'\nhint: did you mean 'fail'?"),
    ],
)
def test_a_bad_setting_names_its_file(dynode, clean, failing, monkeypatch, content, complaint):
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", failing)
    (clean / "dynode.toml").write_text(content)
    dynode("trust", "add")
    outcome = dynode("fail", "no")
    assert outcome.code == 2
    assert outcome.err.startswith(complaint)


def test_a_bad_variable_is_named(dynode, failing, monkeypatch):
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", failing)
    monkeypatch.setenv("DYNODE_COUNT", "0")
    outcome = dynode("fail", "no")
    assert outcome.code == 2
    assert outcome.err.startswith("error: DYNODE_COUNT: ")


def test_a_plugins_folder_that_is_missing(dynode, tmp_path):
    outcome = dynode("--plugins-dir", str(tmp_path / "absent"), "plugins", "list")
    assert outcome.code == 2
    assert "no such folder" in outcome.err


def test_a_settings_file_that_is_a_folder(dynode, tmp_path):
    outcome = dynode("plugins", "list", "--config", str(tmp_path))
    assert outcome.code == 3
    assert "is a folder" in outcome.err


def test_a_bad_word_is_told_in_our_words_alone(dynode):
    outcome = dynode("interpolate", "in.mp4", "--gaps", "nonsense")
    assert outcome.code == 2
    assert "'nonsense' is not one of" in outcome.err and "Value error" not in outcome.err


# In an interpreter of their own: what is imported, and what happens to real streams.


def test_the_check_for_heavy_imports_sees_them(tmp_path):
    assert "torch was imported" in run_fresh("plugins", "info", "motion", DYNODE_HOME=str(tmp_path)).stderr


def run_fresh(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the program; anything heavy that it imports is told on stderr."""
    code = (
        "import sys\n"
        "from dynode_cli.cli import main\n"
        "try:\n"
        "    sys.exit(main())\n"
        "finally:\n"
        "    heavy = {'torch', 'av', 'cv2', 'scipy', 'scenedetect', 'numpy'} & set(sys.modules)\n"
        "    sys.stderr.write(''.join(f'{name} was imported\\n' for name in sorted(heavy)))\n"
    )
    variables = {k: v for k, v in os.environ.items() if not k.startswith("DYNODE_")} | environ
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["plugins", "list"],
        ["plugins", "list", "--all", "--json"],
        ["--show-completion"],
        *([name, "--help"] for name in COMMANDS),
        ["plugins", "info", "--help"],
        ["interpolate", "-h"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments, tmp_path):
    shell = {"SHELL": "/bin/bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    words = ["--show-completion", "bash"] if arguments == ["--show-completion"] else arguments
    done = run_fresh(*words, DYNODE_HOME=str(tmp_path), **shell)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout


GENERATORS = ["dcgan", "motion", "stylegan2", "stylegan3"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dynode pl", ["plugins"]),
        ("dynode plugins ", ["list", "info", "new", "check", "install", "uninstall"]),
        ("dynode probe --no", ["--no-scan"]),
        ("dynode doctor --co", ["--color", "--config"]),
        ("dynode interpolate a.mp4 --generator ", GENERATORS),
        ("dynode interpolate a.mp4 -g sty", ["stylegan2", "stylegan3"]),
        ("dynode interpolate a.mp4 -d sp", ["spline"]),
        ("dynode resample a.safetensors --dynamics gp", ["gp", "gp-leading"]),
        ("dynode interpolate a.mp4 -i ", ["encoder", "flow", "optimize", "pti"]),
        ("dynode interpolate a.mp4 --framing f", ["ffhq"]),
        ("dynode interpolate a.mp4 --codec libx", ["libx264", "libx265"]),
        ("dynode interpolate a.mp4 --audio st", ["stretch"]),
        ("dynode interpolate a.mp4 --device c", ["cpu", "cuda"]),
        ("dynode interpolate a.mp4 --weights dc", ["dcgan-faces"]),
        ("dynode edit a.mp4 --direction s", ["slim", "smile"]),
        ("dynode eval a.mp4 --metric m", ["mobilenet"]),
        ("dynode weights pull mtcnn", ["mtcnn-onet"]),
        ("dynode plugins info sp", ["spline"]),
        ("dynode plugins info stylegan", ["stylegan", "stylegan2", "stylegan3"]),
        ("dynode plugins new x --kind ge", ["generator"]),
        ("dynode directions show fro", ["frown"]),
        ("dynode interpolate a.mp4 --weights ./", []),
    ],
)
def test_completion(line, expected, tmp_path):
    words = line.split(" ")
    done = run_fresh(
        _DYNODE_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(len(words) - 1),
        DYNODE_HOME=str(tmp_path),
    )
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == sorted(expected)


def test_the_module_runs_like_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "dynode_cli", "--version"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"dynode {dynode_cli.__version__}\n"


def test_a_reader_that_goes_away_is_no_error(failing, tmp_path):
    command = [sys.executable, "-m", "dynode_cli", "--plugins-dir", failing, "fail", "talk"]
    environ = {**os.environ, "DYNODE_HOME": str(tmp_path)}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1


def test_a_reader_that_went_away_before_a_failure_is_told_of_no_other(tmp_path):
    command = [sys.executable, "-m", "dynode_cli", "probe", "nothing.mp4", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            command,
            env={**os.environ, "DYNODE_HOME": str(tmp_path)},
            stdout=closed,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
        )
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: ") and b"Traceback" not in done.stderr
