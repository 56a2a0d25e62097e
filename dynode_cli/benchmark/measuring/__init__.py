"""Time, memory and environment: how a figure is taken."""
