"""Checkpoints: NVIDIA pickles and tensors read without running code."""
