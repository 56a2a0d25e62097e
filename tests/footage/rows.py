"""All rows of the table, in the order of the page."""

from __future__ import annotations

from tests.footage.kinds import animations, clocks, colours, film, streams
from tests.footage.table import Row

ROWS: tuple[Row, ...] = (*clocks.ROWS, *film.ROWS, *colours.ROWS, *animations.ROWS, *streams.ROWS)
