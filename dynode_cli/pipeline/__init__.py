"""From frames to frames: plan, invert, fit, render."""
