"""Running a suite without pytest: for ``dynode plugins check``, and for tests of the suites."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dynode_cli.errors import DynodeError


@dataclass(frozen=True)
class Finding:
    """What one requirement came to."""

    requirement: str
    """Name of the test, without ``test_``."""
    reason: str
    """Why it is not met; empty if it is."""
    error: BaseException | None = None

    @property
    def met(self) -> bool:
        """True if there is nothing to complain of."""
        return not self.reason


def run_suite(suite: type, only: Collection[str] | None = None) -> Iterator[Finding]:
    """Run every requirement of a suite (or `only` those), each on a new instance."""
    for name in dir(suite):
        if name.startswith("test_") and (only is None or name.removeprefix("test_") in only):
            yield _run(suite, name)


def _run(suite: type, name: str) -> Finding:
    requirement = name.removeprefix("test_")
    try:
        getattr(suite(), name)()
    except AssertionError as error:
        return Finding(requirement, str(error) or "an assertion failed", error)
    except DynodeError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return Finding(requirement, f"{type(error).__name__}: {error}{hint}", error)
    except Exception as error:  # noqa: BLE001  # a plugin under test may raise anything
        return Finding(requirement, f"{type(error).__name__}: {error}", error)
    return Finding(requirement, "")
