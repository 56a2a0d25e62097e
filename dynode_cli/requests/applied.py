"""What verbs share that apply methods to a source."""

from __future__ import annotations

from dynode_cli.requests.base import request
from dynode_cli.requests.machine import Machine
from dynode_cli.requests.methods import Inverting
from dynode_cli.requests.reading import Deinterlacing


@request
class Made(Machine, Inverting):
    """Methods, and what they may use of the machine."""


@request
class Applied(Made, Deinterlacing):
    """Methods applied to a source."""
