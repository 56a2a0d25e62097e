"""The version of dynode."""

__version__ = "0.1.0"
