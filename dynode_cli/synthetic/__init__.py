"""Made clips whose truth is known: for bench, for conformance suites, and for tests."""
