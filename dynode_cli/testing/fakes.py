"""What :mod:`dynode_cli.conformance.fakes` holds, under the name that tests of plugins have imported it by."""

from dynode_cli.conformance.fakes import *  # noqa: F403
