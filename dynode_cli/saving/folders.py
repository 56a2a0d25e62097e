"""Folders of outputs: made when something is written into them, and removed again if nothing stays in them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


class MadeFolders:
    """A folder and those above it, as far as they are not there.

    Arguments:
        folder: all links in it are followed already.

    Raises:
        OSError: one cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._made: list[Path] = []
        missing = [place for place in (folder, *folder.parents) if not place.is_dir()]
        try:
            for place in reversed(missing):
                with suppress(FileExistsError):
                    place.mkdir()
                    self._made.append(place)
        except OSError:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove those that were made and hold nothing."""
        while self._made:
            with suppress(OSError):
                self._made.pop().rmdir()
