"""Weights: what can be fetched, from where, and where it is kept."""
