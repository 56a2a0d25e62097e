"""The table of kinds, and what must say the same because a type checker or pluggy reads it."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args, get_overloads, get_type_hints

from dynode_cli import conformance, contracts, hookspecs
from dynode_cli.plugin_host.host import Host
from dynode_cli.plugin_host.kinds import IMPLEMENTED, KINDS, Kind


def test_the_type_has_the_kinds_of_the_table() -> None:
    assert get_args(Kind) == tuple(KINDS)


def test_every_kind_has_its_hook_and_no_hook_is_left() -> None:
    specs = [name for name in vars(hookspecs) if name.startswith("dynode_register_")]
    assert sorted(row.hook for row in KINDS.values()) == sorted(specs)


def test_the_types_that_the_host_promises_are_the_contracts() -> None:
    promised = {}
    for overload in get_overloads(Host.implementation):
        hints = get_type_hints(overload)
        for kind in get_args(hints["kind"]):
            promised.setdefault(kind, (get_args(hints["return"]) or (None,))[0])
    assert promised == {kind: row.contract for kind, row in KINDS.items()}


def test_suites_check_the_contract_of_their_kind() -> None:
    for row in KINDS.values():
        suite = getattr(conformance, row.suite) if row.suite is not None else None
        assert getattr(suite, "contract", None) is row.contract
    assert {row.suite for row in KINDS.values()} - {None} == {
        name for name in conformance.__all__ if name.endswith(("Conformance", "Suite")) and name != "Conformance"
    }


def test_kinds_of_which_classes_are_registered_have_options() -> None:
    without = {kind for kind in KINDS if kind not in IMPLEMENTED}
    assert without == {"command", "weights"}
    assert all(KINDS[kind].contract in vars(contracts).values() for kind in IMPLEMENTED)


def test_the_table_imports_nothing_heavy() -> None:
    script = "import sys, dynode_cli.plugin_host.kinds; print(*{'torch', 'numpy', 'typer'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
