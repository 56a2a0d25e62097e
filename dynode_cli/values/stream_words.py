"""Which video of a file: ``v:1`` is the second one."""

from __future__ import annotations

import re

from dynode_cli.errors import UsageError


def parse_stream(given: str | int) -> int:
    """The number of a video among those of a file, from 0, given as ``v:1`` or ``1``.

    Raises:
        UsageError: it is neither.
    """
    word = re.fullmatch(r"(?:v:)?(\d{1,4})", str(given).strip(), re.ASCII)
    if word is None or isinstance(given, bool):
        raise UsageError(f"--stream {given}: must be v: and a number, such as v:1 for the second video of a file")
    return int(word[1])
