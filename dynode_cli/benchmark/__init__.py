"""The benchmark: what the parts of dynode cost in time and memory, measured so that the figures can be believed."""
