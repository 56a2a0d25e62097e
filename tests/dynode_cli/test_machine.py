"""Facts about this machine, and none where the system does not tell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dynode_cli import machine


def test_memory_is_told_where_the_system_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine.memory()
    assert found["total"] is not None and 0 < (found["available"] or 1) <= found["total"]

    def unknown(*_: Any, **__: Any) -> Any:
        raise OSError

    monkeypatch.setattr(os, "sysconf", unknown)
    monkeypatch.setattr(Path, "read_text", unknown)
    assert machine.memory() == {"total": None, "available": None}


def test_threads_are_no_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = machine.threads()
    assert 1 <= found["usable"] <= found["machine"] and found["limits"]["OMP_NUM_THREADS"] == "3"


def test_the_processor_comes_first_and_what_is_essential_is_there() -> None:
    assert machine.devices()[0]["name"] == "cpu" and machine.devices()[0]["model"]
    assert all(machine.versions()[name] for name in machine.ESSENTIAL)


def test_a_limit_on_memory_counts_where_it_is_less_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "physical_memory", lambda: 8 << 30)
    monkeypatch.setattr(machine, "_group_limit", lambda: 2 << 30)
    monkeypatch.setattr(machine, "_address_space", lambda: None)
    assert machine.usable_memory() == 2 << 30
    monkeypatch.setattr(machine, "_address_space", lambda: 1 << 30)
    assert machine.usable_memory() == 1 << 30
