"""Whole contents written to a file at once: bytes, texts, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dynode_cli.saving.failures import write_failure
from dynode_cli.saving.part import PartFile
from dynode_cli.saving.places import is_stream, open_stream


def write_chunks(
    path: str | Path,
    chunks: Iterable[bytes | memoryview],
    *,
    replace: bool,
    durable: bool = True,
    private: bool = False,
) -> None:
    """Write `chunks` to the file `path`, which is not there before it is complete; or to a named pipe of that name.

    Arguments:
        replace: whether a file that is there may be replaced.
        durable: wait until it would outlast a loss of power.
        private: only its user may read it, whatever was there.

    Raises:
        OSError: it cannot be written.
        DynodeError: its place was taken meanwhile; what was written is kept, and the message says where.
    """
    if is_stream(Path(path)):
        with open_stream(Path(path)) as stream:
            for chunk in chunks:
                stream.write(chunk)
        return
    part = PartFile(path, replace=replace, private=private)
    try:
        for chunk in chunks:
            part.write(chunk)
        part.commit(durable=durable)
    finally:
        part.discard()


def write_text(path: str | Path, text: str, *, replace: bool, durable: bool = True, private: bool = False) -> None:
    """As :func:`write_chunks`: `text` in UTF-8, its lines ending as they stand.

    Raises:
        DynodeError: it cannot be written.
    """
    try:
        write_chunks(path, [text.encode()], replace=replace, durable=durable, private=private)
    except OSError as error:
        raise write_failure(str(path), error) from error


def write_json(path: str | Path, value: Any, *, replace: bool, durable: bool = True, private: bool = False) -> None:
    """As :func:`write_text`: `value` as JSON, indented; what JSON does not know is written as text.

    Raises:
        DynodeError: it cannot be written.
    """
    write_text(
        path, json.dumps(value, indent=2, default=str) + "\n", replace=replace, durable=durable, private=private
    )
