"""Held-out evaluation: methods measured on frames that were left out."""
