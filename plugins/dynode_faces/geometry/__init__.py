"""Warps: fields, flows, thin plates, resampling, pasting."""
