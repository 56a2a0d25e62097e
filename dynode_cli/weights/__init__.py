"""Weights: what can be fetched, from where, and how it is loaded without running code from the file."""
