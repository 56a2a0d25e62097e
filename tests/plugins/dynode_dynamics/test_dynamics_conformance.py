"""The suite that a third party's dynamics runs, on ours."""

from __future__ import annotations

from typing import ClassVar

from dynode_cli.conformance import DynamicsConformance
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.cde import CdeDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.sde import SdeDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics
from dynode_dynamics.methods.spline import SplineDynamics

QUICK = {"components": 1, "iterations": 2, "substeps": 1}


class TestLinear(DynamicsConformance):
    implementation = LinearDynamics


class TestSlerp(DynamicsConformance):
    implementation = SlerpDynamics


class TestSpline(DynamicsConformance):
    implementation = SplineDynamics


class TestNatural(DynamicsConformance):
    implementation = NaturalCubicDynamics


class TestKernel(DynamicsConformance):
    implementation = PowerKernelDynamics


class TestGaussianProcess(DynamicsConformance):
    implementation = GaussianProcessDynamics


class TestLeadingProcess(DynamicsConformance):
    implementation = LeadingProcessDynamics


class TestOde(DynamicsConformance):
    implementation = OdeDynamics
    options: ClassVar = {**QUICK, "mode": "gradient-matching", "base": "spline"}


class TestCde(DynamicsConformance):
    implementation = CdeDynamics
    options: ClassVar = QUICK


class TestSde(DynamicsConformance):
    implementation = SdeDynamics
    options: ClassVar = QUICK


class TestAuto(DynamicsConformance):
    implementation = AutoDynamics
    options: ClassVar = {"fields": False}
