"""Registers the dynamics with dynode; nothing heavy is imported until one of them is used."""

from __future__ import annotations

from dynode_cli import Register, hookimpl

_DYNAMICS = (
    ("auto", "auto:AutoDynamics", "the one that predicts left-out codes best"),
    ("linear", "linear:LinearDynamics", "straight line between neighbours"),
    ("slerp", "slerp:SlerpDynamics", "great-circle arc between neighbours"),
    ("spline", "spline:SplineDynamics", "Catmull-Rom through four neighbours"),
    ("natural", "gp:NaturalCubicDynamics", "natural cubic spline"),
    ("kernel", "gp:PowerKernelDynamics", "kriging with |h|^1.5, between line and spline"),
    ("gp", "gp:GaussianProcessDynamics", "Gaussian process, Matern 3/2 or 5/2"),
    ("gp-leading", "leading:LeadingProcessDynamics", "smooth in the leading components, rough in the rest"),
    ("ode", "ode:OdeDynamics", "neural ODE that meets every observed code"),
    ("cde", "cde:CdeDynamics", "neural CDE on a path through the codes; causal for streams"),
    ("sde", "sde:SdeDynamics", "latent SDE: posterior mean, and plausible in-betweens"),
    ("dynode-released", "released:ReleasedDynamics", "the authors' unit-speed field, as a baseline"),
)


@hookimpl
def dynode_register_dynamics(register: Register) -> None:
    """The dynamics of this plugin."""
    for name, target, summary in _DYNAMICS:
        register(name, f"dynode_dynamics.methods.{target}", summary=summary)
