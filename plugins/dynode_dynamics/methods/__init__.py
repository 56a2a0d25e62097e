"""Dynamics that users name: linear, spline, gp, ode, cde, sde, auto and their like."""
