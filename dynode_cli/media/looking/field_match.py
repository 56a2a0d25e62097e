"""Field matching: which interlaced frames hold two moments, which one, and which are film in fields (hard telecine).

A frame whose fields were taken half a frame apart shows combs where something moves, with its own second field as much
as with that of the frame before. Film does not: in some frames of a telecine the second field is that of the frame
before, in all others, and in all frames of film that was only flagged (2:2), both fields are of one picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_cli.media.looking.likeness import Picture, difference

Whole = Literal["own", "lower", "upper"]
"""How an interlaced frame is whole: with its own fields, or with the lower or the upper one of the frame before."""

Field = NDArray[Any]
"""(h, w) luma of every second row of a frame."""

_MATCHES = 0.5
"""Combs with the field that belongs to a frame's first one, as a share of those with the other one, at most."""
_TWO_MOMENTS = 0.7
"""From which share on neither belongs to it ..."""
_VISIBLE = 1.5
"""... if combs are so many times higher than in the cleanest frames ..."""
_LEVELS = 0.3
"""... and by so much."""
_CHANGED = 4
"""Levels by which a sample of a field must differ from the frame before to be looked at."""
_CLEAN = 0.25
"""Combs of a frame that has none, as a share of those of frames beside it, at most."""
_AROUND = 2
"""Frames on either side in whose light a frame is judged."""
_WHOLE = 3
"""How many times more frames must be whole than not, for none to be deinterlaced."""
_LIKE_FILM = 0.3
"""Share of frames like those of film (of hard telecine four of five are) up to which not every one is looked at, ..."""
_FORGETS = 0.04
"""... with so much weight for the latest, ..."""
_BURST, _EVERY = 8, 50
"""... but so many of so many, ..."""
_ANOTHER_SHOT = 25.0
"""... until the picture changes by so many levels on average."""
_COLUMNS = 64
"""Columns of a field in which combs are looked for."""
_WIDTH = 128
"""Least columns to which fields are halved whose change is looked at."""


@dataclass(frozen=True)
class FieldLook:
    """What the fields of a frame look like."""

    own: float
    """Combs of its first field with its second one, levels."""
    previous: float
    """Combs of its first field with the second one of the frame before."""
    other: Whole
    """Which is the second one of the frame before."""
    moves: bool
    """Whether something moved since the frame before."""
    change: tuple[float, int] | None = None
    """Mean and largest difference of its first field to that of the frame before, levels, where the second one of the
    frame before belongs to it; the whole frame says it elsewhere."""


class FieldMatcher:
    """Looks at the fields of consecutive interlaced frames, and says which need no deinterlacing."""

    def __init__(self) -> None:
        self._looks: dict[int, tuple[FieldLook, FieldLook]] = {}
        """Of each frame, as if its upper, and as if its lower field were the first one."""
        self._last: tuple[tuple[Field, Field], tuple[Field, Field]] | None = None
        """The fields of the frame before, whole and thinned."""
        self._top_first = 0.0
        """Combs of frames whose upper field is the first one, less those of the others."""
        self._like_film = 1.0
        """Share of the frames of late whose first field belongs to one of the second ones."""

    @property
    def looks(self) -> Mapping[int, FieldLook]:
        """Of each frame that follows an interlaced one.

        Which field comes first may be wrong of frames whose fields are of one picture: what those say counts that show
        combs.
        """
        first = 0 if self._top_first >= 0 else 1
        return {index: both[first] for index, both in self._looks.items()}

    def wants(self, index: int, change: float) -> bool:
        """Whether frame `index` is worth a look: of many frames of two moments only some are.

        Arguments:
            change: mean difference to the frame before, levels.
        """
        if change > _ANOTHER_SHOT:
            self._like_film = 1.0
        return self._like_film > _LIKE_FILM or index % _EVERY < _BURST

    def skip(self) -> None:
        """A frame came that is not interlaced, or not worth a look."""
        self._last = None

    def add(self, index: int, top: Field, bottom: Field, *, top_first: bool, moves: bool) -> None:
        """Take the fields of frame `index`.

        Arguments:
            top_first: the file says that the upper one is the first one.
            moves: something moved since the frame before.
        """
        fields, whole = (_thinned(top), _thinned(bottom)), (top, bottom)
        # A field of one row has no rows between which others could stick out.
        if self._last is not None and self._last[0][0].shape == top.shape and len(top) > 1:
            last_whole, (upper, lower) = self._last
            looks = []
            pairs: list[tuple[Whole, tuple[Field, Field]]] = [
                ("lower", (fields[0], lower)),
                ("upper", (upper, fields[1])),
            ]
            out = _sticking_out(*fields)
            for first, (other, pair) in enumerate(pairs):
                changed = cv2.absdiff(pair[1 - first], fields[1 - first])
                own, previous = _combs(out, changed), _combs(_sticking_out(*pair), changed)
                known = own > _LEVELS and previous <= _MATCHES * own
                change = difference(_small(whole[first]), _small(last_whole[first])) if known else None
                looks.append(FieldLook(own, previous, other, moves, change))
            self._looks[index] = looks[0], looks[1]
            low, high = sorted((looks[0].own, looks[0].previous))
            self._like_film += _FORGETS * ((low <= _MATCHES * high) - self._like_film)
            self._top_first += looks[0].own if top_first else -looks[0].own
        self._last = whole, fields

    def wholes(self, shots: Sequence[range]) -> Mapping[int, Whole]:
        """Interlaced frames that are whole, by index, and how.

        Arguments:
            shots: frames between two cuts.
        """
        looks = self.looks
        if not any(look.moves for look in looks.values()):
            return {}
        floor = float(np.percentile([min(look.own, look.previous) for look in looks.values()], 10))
        # Beside fields of another shot any are clean: the first frame of a shot tells nothing, and nothing of others.
        within = [{index: looks[index] for index in shot[1:] if index in looks} for shot in shots]
        judged = [{index: _judged(near, index, floor) for index in near} for near in within]
        usual = _are_whole([word for words in judged for word in words.values()])
        found: dict[int, Whole] = {}
        for shot, words in zip(shots, judged, strict=True):
            whole = _are_whole(list(words.values()))
            if whole or (whole is None and usual):
                for index, word in words.items():
                    if word != "two":
                        found[index] = looks[index].other if word == "previous" else "own"
                if any(index in words for index in (shot.start + 1, shot.start + 2)):
                    found[shot.start] = _of_first(looks.get(shot.start))
        return found


def _judged(looks: Mapping[int, FieldLook], index: int, floor: float) -> str:
    """``own`` or ``previous`` by which second field belongs to the first one, ``two`` if neither does, else ``?``.

    Arguments:
        looks: of the frames of its shot.
    """
    look = looks[index]
    low, high = sorted((look.own, look.previous))
    visible = _VISIBLE * floor + _LEVELS
    if low <= _MATCHES * high and high > visible:
        return "own" if look.own < look.previous else "previous"
    if not look.moves:
        return "?"
    near = [looks[k] for k in range(index - _AROUND, index + _AROUND + 1) if k in looks]
    highest = max(max(each.own, each.previous) for each in near)
    if highest <= visible:
        return "?"
    if high <= _CLEAN * highest:
        return "own"
    return "two" if low >= _TWO_MOMENTS * high and high >= _TWO_MOMENTS * highest else "?"


def _of_first(look: FieldLook | None) -> Whole:
    """How the first frame of a shot of film is whole: a telecine may put one field of the shot before into it."""
    return look.other if look is not None and look.previous <= _MATCHES * look.own else "own"


def _are_whole(words: Sequence[str]) -> bool | None:
    """Whether these frames are film; None if nothing tells."""
    two, one = words.count("two"), words.count("own") + words.count("previous")
    if two + one == 0:
        return None
    return one > _WHOLE * two


def _thinned(field: Field) -> Field:
    """Some columns of `field`."""
    return np.ascontiguousarray(field[:, :: max(1, field.shape[1] // _COLUMNS)])


def _small(field: Field) -> Picture:
    # By halves: OpenCV averages two by two samples twenty times faster than other numbers of them.
    small = field
    while small.shape[1] >= 2 * _WIDTH and len(small) >= 2:
        height, width = len(small) // 2, small.shape[1] // 2
        small = cv2.resize(small[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _sticking_out(top: Field, bottom: Field) -> Field:
    """How far each sample of `bottom` lies above or below both those of `top` over and under it, levels."""
    rows = min(len(top) - 1, len(bottom))
    above, row, below = top[:rows], bottom[:rows], top[1 : rows + 1]
    return np.asarray(cv2.add(cv2.subtract(row, cv2.max(above, below)), cv2.subtract(cv2.min(above, below), row)))


def _combs(out: Field, changes: Field) -> float:
    """How far rows of one field stick out between those of the other one, mean of levels.

    Stripes that rest are no combs: where a field does not change, nothing is to be told.
    """
    where = cv2.threshold(changes[: len(out)], _CHANGED, 255, cv2.THRESH_BINARY)[1]
    return float(cv2.sumElems(cv2.bitwise_and(out, where))[0] / out.size)
