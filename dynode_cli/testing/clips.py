"""What :mod:`dynode_cli.synthetic.clips` holds, under the name that tests of plugins import it by."""

from dynode_cli.synthetic.clips import *  # noqa: F403
