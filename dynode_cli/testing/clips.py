"""What :mod:`dynode_cli.synthetic.clips` holds, under the name that tests of plugins have imported it by."""

from dynode_cli.synthetic.clips import *  # noqa: F403
