"""Layouts of published checkpoints: which tensor of a file is which of the network."""
