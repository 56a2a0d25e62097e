"""Edits of faces: directions, painted pictures, and carrying them from frame to frame."""
