"""Interpolating curves: bases, kernels, kriging, tangents, and what is known of the observations."""
