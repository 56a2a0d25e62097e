"""The suite that a third party's dynamics runs, on ours."""

from __future__ import annotations

from dynode_cli.testing.conformance import DynamicsConformance
from dynode_dynamics.auto import AutoDynamics
from dynode_dynamics.cde import CdeDynamics
from dynode_dynamics.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.leading import LeadingProcessDynamics
from dynode_dynamics.linear import LinearDynamics
from dynode_dynamics.ode import OdeDynamics
from dynode_dynamics.sde import SdeDynamics
from dynode_dynamics.slerp import SlerpDynamics
from dynode_dynamics.spline import SplineDynamics

QUICK = {"components": 2, "iterations": 3}


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
    options = QUICK


class TestCde(DynamicsConformance):
    implementation = CdeDynamics
    options = QUICK


class TestSde(DynamicsConformance):
    implementation = SdeDynamics
    options = QUICK


class TestAuto(DynamicsConformance):
    implementation = AutoDynamics
    options = {"fields": False}
