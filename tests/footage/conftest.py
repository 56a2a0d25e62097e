"""The program itself, run in this process."""

from tests.end_to_end.conftest import dynode, home

__all__ = ["dynode", "home"]
