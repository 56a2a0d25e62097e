"""What holds for the tests of every first-party plugin."""

from tests.contract_shapes import shapes_are_checked as shapes_are_checked  # a fixture
