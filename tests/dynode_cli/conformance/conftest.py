"""What holds for the suites: ours run on fakes."""

from tests.contract_shapes import shapes_are_checked as shapes_are_checked  # a fixture
