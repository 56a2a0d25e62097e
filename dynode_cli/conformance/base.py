"""What every suite asks of an implementation, whatever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from dynode_cli import options as option_tools
from dynode_cli.conformance.checks import (
    devices,
    global_random_state,
    held_bytes,
    must_raise,
    only_typed_errors,
    require,
    require_device,
    require_finite,
    require_not_seeded,
    require_same,
    traced_memory,
)
from dynode_cli.contracts import Context
from dynode_cli.errors import UsageError
from dynode_cli.options import OptionInfo, format_value


class Cancelled(Exception):
    """Raised by a progress callback; must come through."""


class Steps:
    """A progress callback that notes what it is told and can cancel."""

    def __init__(self, *, cancel: bool = False) -> None:
        self.told: list[tuple[int, int]] = []
        self._cancel = cancel

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        if self._cancel:
            raise Cancelled

    def check(self) -> None:
        """What was told makes sense."""
        for done, total in self.told:
            require(0 <= done <= total, f"progress was told that {done} of {total} are done")


class Conformance(ABC):
    """Base of the suites of implementations that are built from options and a context.

    A plugin author subclasses the suite of a kind in a test module, under a name that begins with ``Test``::

        class TestTight(DynamicsConformance):
            implementation = Tight
            options = {"tension": 0.3}
    """

    contract: ClassVar[type]
    implementation: ClassVar[type]
    """The class under test."""
    options: ClassVar[Mapping[str, object]] = {}
    """Options to test it with, as a user gives them; choose ones that are quick."""
    random: ClassVar[bool] = False
    """True if its results depend on the seed; they must then differ from one seed to another."""
    tolerance: ClassVar[float] = 1e-6
    """Of two runs that should be the same, as a share of the largest value."""
    growth: ClassVar[int] = 1 << 16
    """Bytes by which what is held may grow over many uses."""

    def weights(self) -> Path | None:
        """The checkpoint to build it with; override if it needs one."""
        return None

    def context(self, *, device: str = "cpu", seed: int = 0) -> Context:
        """What it is built with."""
        return Context(device=device, seed=seed, weights=self.weights(), memory=64 << 20)

    def build(self, *, device: str = "cpu", seed: int = 0) -> Any:
        """A new instance."""
        parsed: Any = option_tools.parse(option_tools.options_of(self.implementation), self.options)
        return self.implementation(parsed, self.context(device=device, seed=seed))

    @abstractmethod
    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Do with `built` what it is for, on input number `variant` (0 or 1), and give everything that came out."""

    def test_fulfils_the_contract(self) -> None:
        """It is a subclass of the contract, and nothing abstract is left."""
        require(
            issubclass(self.implementation, self.contract),
            f"{self.implementation.__name__} is not a subclass of dynode_cli.{self.contract.__name__}",
        )
        left = sorted(getattr(self.implementation, "__abstractmethods__", ()))
        require(not left, f"{self.implementation.__name__} does not implement {', '.join(left)}")

    def test_options_are_declared(self) -> None:
        """A frozen dataclass; every option is explained, and its default is one of its own values."""
        declared = option_tools.options_of(self.implementation)
        require(_frozen(declared), f"{declared.__name__} is not a frozen dataclass")
        for info in option_tools.describe(declared):
            require(bool(info.help.strip()), f"option '{info.name}' has no help")
            given = {info.name: format_value(info.default)}
            found = getattr(option_tools.parse(declared, given), info.name)
            require(
                found == info.default,
                f"the default of option '{info.name}' is {info.default!r}, which reads back as {found!r}",
            )

    def test_options_are_validated(self) -> None:
        """Unknown options, values out of range and wrong words are refused."""
        declared = option_tools.options_of(self.implementation)
        with must_raise(UsageError, "an unknown option"):
            option_tools.parse(declared, {"no_such_option": "1"})
        for info in option_tools.describe(declared):
            for wrong in _wrong_values(info):
                with must_raise(UsageError, f"option {info.name}={wrong}"):
                    option_tools.parse(declared, {info.name: wrong})

    def test_results_are_finite(self) -> None:
        """No NaN, no infinity."""
        for name, tensor in self.exercise(self.build()).items():
            require_finite(name, tensor)

    def test_results_are_on_the_device(self) -> None:
        """On every device of this machine."""
        for device in devices():
            for name, tensor in self.exercise(self.build(device=device), device=device).items():
                require_device(name, tensor, device)

    def test_unusable_devices_are_typed_errors(self) -> None:
        """A device that is not there is a DynodeError."""
        for device in ("no-such-device", "cuda:99"):
            with only_typed_errors(f"device '{device}'"):
                self.exercise(self.build(device=device))

    def test_same_seed_same_result(self) -> None:
        """What comes out depends on input, options and seed only, and the global random generators are not seeded."""
        with global_random_state(11) as one:
            first = self.exercise(self.build(seed=3))
        with global_random_state(12) as other:
            second = self.exercise(self.build(seed=3))
        require_same("a second run with the same seed", second, first, self.tolerance)
        require_not_seeded(one, other)

    def test_another_seed_another_result(self) -> None:
        """Only of what says that it is random."""
        if not self.random:
            return
        one, other = self.exercise(self.build(seed=3)), self.exercise(self.build(seed=4))
        same = all(one[name].shape == other[name].shape and bool((one[name] == other[name]).all()) for name in one)
        require(not same, "two seeds give the same result: context.seed is not used")

    def test_no_state_is_carried_over(self) -> None:
        """A result does not depend on what the instance, or another one, did before."""
        expected = self.exercise(self.build())
        used = self.build()
        other = self.build()
        self.exercise(used, 1)
        self.exercise(other, 1)
        require_same("a result after other input", self.exercise(used), expected, self.tolerance)
        require_same("a result of a later instance", self.exercise(self.build()), expected, self.tolerance)

    def test_memory_is_flat(self) -> None:
        """What is held does not grow with the number of uses."""
        built = self.build()
        with traced_memory():
            for _ in range(2):
                self.exercise(built)
            before = held_bytes()
            for _ in range(4):
                self.exercise(built)
            grown = held_bytes() - before
        require(grown <= self.growth, f"four more uses hold {grown} bytes more; at most {self.growth} are allowed")


def _frozen(declared: Any) -> bool:
    parameters = getattr(declared, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


def _wrong_values(info: OptionInfo) -> list[str]:
    """Values that option `info` must refuse."""
    wrong = ["\x00no such word"] if info.choices else []
    scalar = info.type.removesuffix("|none")
    if scalar in ("int", "float"):
        wrong.append("not a number")
        wrong += [format_value(int(info.minimum) - 1)] if info.minimum is not None else []
        wrong += [format_value(int(info.maximum) + 1)] if info.maximum is not None else []
    return wrong
