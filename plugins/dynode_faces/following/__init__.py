"""Correspondence of a face between frames: the material that landmarks move."""
