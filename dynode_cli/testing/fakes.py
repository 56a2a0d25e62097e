"""What :mod:`dynode_cli.conformance.fakes` holds, under the name that tests of plugins import it by."""

from dynode_cli.conformance.fakes import *  # noqa: F403
