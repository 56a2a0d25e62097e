"""Solving fitted fields: solvers, anchoring at observations, noise, edits of a solution."""
