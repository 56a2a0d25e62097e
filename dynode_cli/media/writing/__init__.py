"""Frames into a finished file: where it goes, which encoder, what it says of itself."""
