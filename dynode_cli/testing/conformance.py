"""The conformance suites, under the name that plugins have imported them by; see :mod:`dynode_cli.conformance`."""

from dynode_cli.conformance import *  # noqa: F403
