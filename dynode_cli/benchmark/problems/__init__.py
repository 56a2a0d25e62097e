"""Curves and equations whose exact solution is known, for solvers to be measured on."""
