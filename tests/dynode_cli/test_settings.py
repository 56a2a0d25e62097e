from __future__ import annotations

import pytest

from dynode_cli import settings, trust
from dynode_cli.errors import InputError, UsageError
from dynode_cli.plugin_host.records import OptionTable

COMMANDS = {
    "interpolate": {"fps": True, "crf": True, "generator": True, "pix_fmt": True, "output": False},
    "plugins list": {"hook": True, "all": False},
    "plugins info": {"hook": False},
}


def test_no_file_means_no_settings(clean):
    loaded = settings.load()
    assert loaded.layers == ()
    assert loaded.option("interpolate", "fps") is None
    assert loaded.option_tables() == []


def test_files_in_order_of_strength(clean, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text("fps = 1\ncrf = 1\ngenerator = 'user'\npix-fmt = 'user'")
    (clean / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.dynode]\nfps = 2\ncrf = 2\ngenerator = 'pp'")
    given = tmp_path / "given.toml"
    given.write_text("fps = 4")
    loaded = settings.load(given)
    loaded.check(COMMANDS)
    found = {name: loaded.option("interpolate", name) for name in ("fps", "crf", "generator", "pix_fmt")}
    assert {name: setting and setting.value for name, setting in found.items()} == {
        "fps": 4,
        "crf": 2,
        "generator": "pp",
        "pix_fmt": "user",
    }
    assert found["fps"] is not None and found["fps"].source == str(given)
    assert found["crf"] is not None and found["crf"].source == "pyproject.toml [tool.dynode]"
    assert found["pix_fmt"] is not None and found["pix_fmt"].source == str(home / "config.toml")


def test_dynode_toml_stands_in_for_pyproject(clean):
    (clean / "pyproject.toml").write_text("[tool.dynode]\nfps = 2\ncrf = 2")
    (clean / "dynode.toml").write_text("fps = 3")
    loaded = settings.load()
    assert [layer.source for layer in loaded.layers] == ["dynode.toml"]
    assert loaded.option("interpolate", "crf") is None


def test_a_pyproject_without_our_table_says_nothing(clean):
    (clean / "pyproject.toml").write_text("[tool.other]\nfps = 2")
    assert settings.load().layers == ()


def test_the_table_of_a_command_wins_within_its_file_only(clean, tmp_path):
    (clean / "dynode.toml").write_text("fps = 1\n[interpolate]\nfps = 2\n[plugins.list]\nhook = 'h'")
    loaded = settings.load()
    loaded.check(COMMANDS)
    assert loaded.option("interpolate", "fps").value == 2  # type: ignore[union-attr]
    assert loaded.option("other", "fps").value == 1  # type: ignore[union-attr]
    assert loaded.option("plugins list", "hook").value == "h"  # type: ignore[union-attr]
    assert loaded.option("plugins info", "hook") is None
    given = tmp_path / "given.toml"
    given.write_text("fps = 3")
    assert settings.load(given).option("interpolate", "fps").value == 3  # type: ignore[union-attr]


def test_options_of_plugins_come_weakest_file_first(clean, tmp_path):
    (clean / "dynode.toml").write_text("[generator]\nname = 'motion'\n[generator.motion]\nblock-size = 8\ngain = 1.5")
    given = tmp_path / "given.toml"
    given.write_text("[generator.motion]\ngain = 2.0\n[dynamics.my-spline]\ntension = 0.5")
    loaded = settings.load(given)
    loaded.check(COMMANDS)
    assert loaded.option_tables() == [
        OptionTable("generator", "motion", {"block_size": 8, "gain": 1.5}, "dynode.toml", trusted=False),
        OptionTable("generator", "motion", {"gain": 2.0}, str(given)),
        OptionTable("dynamics", "my-spline", {"tension": 0.5}, str(given)),
    ]
    assert loaded.option("interpolate", "generator").value == "motion"  # type: ignore[union-attr]


def test_a_table_of_plugin_options_alone_chooses_nothing(clean):
    (clean / "dynode.toml").write_text("[generator.motion]\ngain = 1.5")
    assert settings.load().option("interpolate", "generator") is None


@pytest.mark.parametrize(
    ("text", "complaint", "suggestion"),
    [
        ("fsp = 3", "dynode.toml: unknown key 'fsp'", "did you mean 'fps'?"),
        ("[interpolat]\nfps = 3", "dynode.toml: unknown key 'interpolat'", "did you mean 'interpolate'"),
        ("[interpolate]\nfsp = 3", r"dynode.toml: unknown key 'fsp' in \[interpolate\]", "did you mean 'fps'?"),
        ("[plugins.lst]\nhook = 3", r"dynode.toml: unknown key 'lst' in \[plugins\]", "did you mean 'list'?"),
        ("[plugins.info]\nall = true", r"unknown key 'all' in \[plugins.info\]", "keys: hook"),
        ("[interpolate.fps]\nx = 3", r"'fps' in \[interpolate\] must be a value, not a table", None),
        ("[fps]\nx = 3", "unknown key 'fps'", None),
        ("[carrier]\ngain = 3", r"'gain' in \[carrier\] belongs to no implementation", "write it in [carrier.NAME]"),
        ("[estimator]\nname = 'dis'", r"'name' in \[estimator\] belongs to no implementation", None),
        ("[generator]\ngain = 3", r"'gain' in \[generator\] belongs to no implementation", r"[generator.NAME]"),
    ],
)
def test_unknown_keys_name_the_file_and_the_nearest_key(clean, text, complaint, suggestion):
    (clean / "dynode.toml").write_text(text)
    with pytest.raises(UsageError, match=complaint) as caught:
        settings.load().check(COMMANDS)
    if suggestion is not None:
        assert suggestion in (caught.value.hint or "")


def test_a_missing_config_is_an_input_error(clean):
    with pytest.raises(InputError, match=r"absent.toml: no such settings file"):
        settings.load(clean / "absent.toml")


@pytest.mark.parametrize(
    "content",
    [
        b"fps = ",
        b"\xff\xfe",
        b"fps = " + b"9" * 5000,
        b"fps = " + b"[" * 5000,
        b"generator = 'a'\n[generator.motion]\ngain = 1",
    ],
)
def test_what_is_no_toml_names_the_file(clean, content):
    (clean / "dynode.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"dynode.toml: not valid TOML"):
        settings.load()


def test_tool_dynode_must_be_a_table(clean):
    for text in ("[tool]\ndynode = 3", "tool = 3"):
        (clean / "pyproject.toml").write_text(text)
        with pytest.raises(UsageError, match=r"pyproject.toml \[tool.dynode\]: must be a table"):
            settings.load()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("fps = 3\n[interpolate]\ncrf = 4\n[generator]\nname = 'motion'", []),
        ("output = 'x'", ["output"]),
        ("[interpolate]\ncrf = 4\noutput = 'x'", ["interpolate.output"]),
        ("[plugins.list]\nhook = 'h'", []),
        ("[plugins.info]\nhook = 'h'\n[plugins.list]\nall = true", ["plugins.info.hook", "plugins.list.all"]),
        ("hook = 'h'", ["hook"]),
    ],
)
def test_what_the_file_of_a_folder_may_not_set(clean, text, keys):
    (clean / "dynode.toml").write_text(text)
    loaded = settings.load()
    loaded.check(COMMANDS)
    if keys:
        with pytest.raises(
            UsageError, match="dynode.toml is not trusted and sets " + ", ".join(f"'{k}'" for k in keys)
        ):
            loaded.check_trust(COMMANDS)
        assert loaded.project is not None
        trust.add(clean, loaded.project.values)
    loaded.check_trust(COMMANDS)


def test_a_chosen_implementation_is_an_option_too(clean):
    (clean / "dynode.toml").write_text("[generator]\nname = 'motion'")
    with pytest.raises(UsageError, match=r"sets 'generator\.name'"):
        settings.load().check_trust({"interpolate": {"generator": False}})


def test_only_the_file_of_a_folder_has_to_be_trusted(clean, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("output = 'x'")
    given = tmp_path / "given.toml"
    given.write_text("output = 'y'")
    loaded = settings.load(given)
    loaded.check_trust(COMMANDS)
    assert loaded.project is None and len(loaded.layers) == 2
    (clean / "dynode.toml").write_text("output = 'z'")
    assert settings.load(project=False).project is None


def test_who_names_the_file_of_the_folder_trusts_it(clean):
    file = clean / "dynode.toml"
    file.write_text("output = 'x'")
    for named in (file, file.relative_to(clean)):
        loaded = settings.load(named)
        loaded.check_trust(COMMANDS)
        assert [layer.values for layer in loaded.layers] == [{"output": "x"}]
