"""The hooks that a plugin may implement. Every one fires once, when the plugins are loaded.

A hook is given a ``register`` callable and calls it once for each thing that the plugin brings. Nothing heavy
should be imported to do so: name an implementation as a ``"package.module:Class"`` string, and it is imported
when a user asks for it.

A plugin is a module (or an object) that an entry point of group ``dynode`` names::

    from dynode_cli import Register, hookimpl

    dynode_api_version = 1

    @hookimpl
    def dynode_register_dynamics(register: Register) -> None:
        register("tight", "dynode_tight.curve:Tight", summary="A tight curve")

Whatever is wrong with it (it does not import, a hook is misspelt or raises, it was made for another major version
of the interface) leaves it out with a reason that ``dynode plugins list`` shows; nothing else is affected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pluggy

if TYPE_CHECKING:
    import typer

    from dynode_cli.contracts import WeightsEntry

hookspec = pluggy.HookspecMarker("dynode")
hookimpl = pluggy.HookimplMarker("dynode")


class Register(Protocol):
    """Registers an implementation of one kind under a name."""

    def __call__(self, name: str, target: str | type, *, summary: str = "") -> None:
        """
        Arguments:
            name: what users type: lower case, digits and dashes.
            target: the class, or ``"package.module:Class"`` to import it on first use.
            summary: one line for ``dynode plugins list``.
        """


class RegisterWeights(Protocol):
    """Registers downloadable weights."""

    def __call__(self, entry: WeightsEntry) -> None:
        """`entry` says name, licence, size, sha256 and source."""


class RegisterCommand(Protocol):
    """Adds a command to the ``dynode`` program."""

    def __call__(self, name: str, target: str | typer.Typer, *, summary: str = "") -> None:
        """`target` is a :class:`typer.Typer` or ``"package.module:app"``."""


@hookspec
def dynode_register_generators(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Generator` classes (``--generator``)."""


@hookspec
def dynode_register_inverters(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Inverter` classes (``--inverter``)."""


@hookspec
def dynode_register_estimators(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.FlowEstimator` classes (``-I estimator=NAME`` of inverter ``flow``)."""


@hookspec
def dynode_register_dynamics(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Dynamics` classes (``--dynamics``)."""


@hookspec
def dynode_register_framings(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Framing` classes (``--framing``)."""


@hookspec
def dynode_register_directions(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Direction` classes (``--direction``)."""


@hookspec
def dynode_register_carriers(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Carrier` classes (``dynode edit --carrier``)."""


@hookspec
def dynode_register_metrics(register: Register) -> None:
    """Register :class:`~dynode_cli.contracts.Metric` classes (``dynode eval --metric``)."""


@hookspec
def dynode_register_weights(register: RegisterWeights) -> None:
    """Register weights that ``dynode weights pull`` can fetch."""


@hookspec
def dynode_register_commands(register: RegisterCommand) -> None:
    """Add commands to the program."""
