"""What :mod:`dynode_cli.synthetic.memory_clip` holds, under the name that tests of plugins import it by."""

from dynode_cli.synthetic.memory_clip import *  # noqa: F403
