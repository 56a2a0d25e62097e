"""What a direction must do."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli.conformance.base import Conformance
from dynode_cli.conformance.checks import require, require_close, require_dtype, require_shape
from dynode_cli.contracts import Direction


class DirectionConformance(Conformance):
    """Subclass it and set `implementation`; override `code` if it is made for codes of a certain kind."""

    contract: ClassVar[type] = Direction
    code_shape: ClassVar[tuple[int, ...]] = (6, 8)
    strength: ClassVar[float] = 0.5
    """A strength that is usual for it."""
    undo_tolerance: ClassVar[float] = 1e-3
    """Largest difference after s and -s, as a share of the code's largest number."""

    def code(self, variant: int = 0, device: str = "cpu") -> Tensor:
        """A code of the space that it applies to."""
        random = torch.Generator().manual_seed(200 + variant)
        return torch.randn(self.code_shape, generator=random).to(device)

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Apply it."""
        return {"code": built.apply(self.code(variant, device), self.strength)}

    def test_says_what_it_is(self) -> None:
        """Its name, and the space of the codes it applies to."""
        built = self.build()
        for attribute in ("name", "space"):
            value = getattr(built, attribute, None)
            require(isinstance(value, str) and bool(value), f"{attribute} is {value!r}; it must be a word")

    def test_shape_and_type_are_kept(self) -> None:
        """A code comes out as it went in."""
        code = self.code()
        moved = self.build().apply(code, self.strength)
        require_shape("the moved code", moved, tuple(code.shape))
        require_dtype("the moved code", moved, code.dtype)

    def test_strength_zero_changes_nothing(self) -> None:
        """And any other one something."""
        built, code = self.build(), self.code()
        require_close("the code after strength 0", built.apply(code, 0.0), code, self.undo_tolerance)
        moved = built.apply(code, self.strength)
        require(not torch.equal(moved, code), f"strength {self.strength:g} changes nothing")

    def test_minus_s_undoes_s(self) -> None:
        """There and back again."""
        built, code = self.build(), self.code()
        again = built.apply(built.apply(code, self.strength), -self.strength)
        require_close("the code there and back", again, code, self.undo_tolerance)

    def test_half_twice_is_whole(self) -> None:
        """Strength is a distance: two halves go as far as one whole, to a tenth."""
        built, code = self.build(), self.code()
        whole = built.apply(code, self.strength) - code
        halves = built.apply(built.apply(code, self.strength / 2), self.strength / 2) - code
        require_close("two halves of the way", halves, whole, 0.1)

    def test_input_is_left_alone(self) -> None:
        """The code is not written to."""
        code = self.code()
        self.build().apply(code, self.strength)
        require(torch.equal(code, self.code()), "apply wrote to the code")
