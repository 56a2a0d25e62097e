"""What :mod:`dynode_cli.synthetic.awkward` holds, under the name that tests of plugins import it by."""

from dynode_cli.synthetic.awkward import *  # noqa: F403
