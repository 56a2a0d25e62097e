"""Which generator, inverter, dynamics and framing a run uses: names resolved once, then built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from dynode_cli.contracts import Context, Dynamics, Framing, Generator, Inverter, device_of
from dynode_cli.errors import UsageError
from dynode_cli.requests.machine import Machine
from dynode_cli.requests.methods import Generating, Inverting, Moving
from dynode_cli.weights.opening import open_store

if TYPE_CHECKING:
    from dynode_cli.plugin_host.host import Host
    from dynode_cli.plugin_host.kinds import Kind


@dataclass(frozen=True)
class Choice:
    """An implementation by its name, and its options, those of the settings files among them."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResolvedMethods:
    """What a run uses, with every default filled in."""

    generator: Choice
    inverter: Choice
    dynamics: Choice
    framing: Choice | None = None
    """None for generators that make whole frames."""

    def to_json(self) -> dict[str, Any]:
        """Names and options, by kind."""
        return asdict(self)


def resolve(request: Generating, host: Host) -> ResolvedMethods:
    """The methods that `request` asks for, and the generator's defaults where it asks for none.

    Raises:
        PluginError: one that does not exist.
        UsageError: a framing, or options of one, that the generator has no use for.
    """
    name = request.generator
    generator: type[Generator] = host.implementation("generator", name)
    inverter: str | None = None
    inverter_options: Mapping[str, Any] = {}
    framing: str | None = None
    framing_options: Mapping[str, Any] = {}
    if isinstance(request, Inverting):
        refined = {} if request.refine is None else {"refine": request.refine}
        inverter, inverter_options = request.inverter, {**request.inverter_options, **refined}
        framing, framing_options = request.framing, request.framing_options
    if generator.full_frame and framing not in (None, "none"):
        raise UsageError(f"--framing {framing}: generator '{name}' makes whole frames by itself")
    if generator.full_frame and framing_options:
        key, value = next(iter(framing_options.items()))
        raise UsageError(f"-F {key}={value}: generator '{name}' makes whole frames, without a framing")
    dynamics: str | None = None
    dynamics_options: Mapping[str, Any] = {}
    if isinstance(request, Moving):
        dynamics, dynamics_options = request.dynamics, request.dynamics_options

    def chosen(kind: Kind, name: str, options: Mapping[str, Any]) -> Choice:
        return Choice(name, host.options_for(kind, name, options))

    moves = dynamics or generator.default_dynamics
    return ResolvedMethods(
        chosen("generator", name, request.generator_options),
        chosen("inverter", inverter or generator.default_inverter, inverter_options),
        dynamics_for(generator, moves, dynamics_options, host),
        None if generator.full_frame else chosen("framing", framing or generator.default_framing, framing_options),
    )


def dynamics_for(generator: type[Generator], name: str, options: Mapping[str, Any], host: Host) -> Choice:
    """Dynamics for the codes of `generator`, with the options that these ask for where `options` say nothing."""
    asked = generator.dynamics_options.get(name, {})
    return Choice(name, {**asked, **host.options_for("dynamics", name, options)})


@dataclass(frozen=True)
class Methods:
    """The implementations of one run."""

    generator: Generator
    inverter: Inverter
    dynamics: Dynamics
    framing: Framing | None = None
    """None for generators that make whole frames."""
    closes: bool = False
    """Curves of the dynamics come back: of a loop, one lap says everything."""

    @property
    def margin(self) -> int | None:
        """Observations on either side that a rendered frame depends on; None: on the whole shot."""
        support, context = self.dynamics.support, self.inverter.context_frames
        return None if support is None or context is None else support + context


def build_methods(host: Host, chosen: ResolvedMethods, context: Context) -> Methods:
    """Build what was chosen.

    Raises:
        PluginError: a name is not known, or its plugin is broken.
        UsageError: an option is not known, or its value is wrong.
    """

    def built(kind: Kind, choice: Choice) -> Any:
        return host.create(kind, choice.name, choice.options, context)

    return Methods(
        built("generator", chosen.generator),
        built("inverter", chosen.inverter),
        built("dynamics", chosen.dynamics),
        None if chosen.framing is None else built("framing", chosen.framing),
    )


def default_methods(host: Host, context: Context) -> Methods:
    """The methods for any video: what lies behind a framed part is made by them."""
    return build_methods(host, resolve(Generating(), host), context)


def context_of(machine: Machine, weights: str | None, host: Host) -> Context:
    """What implementations are built with: they get three quarters of the memory, frames and batches the rest.

    Raises:
        DeviceError: the device does not exist.
        InputError, WeightsError: the weights are not there.
    """
    store = open_store(host, offline=machine.offline)
    file = None if weights is None else store.locate(weights)
    context = Context(machine.device, machine.memory - machine.frame_memory, machine.seed, file, store.resolve)
    device_of(context)
    return context
