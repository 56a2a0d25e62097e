"""For the tests of plugins (and of dynode itself): synthetic clips, fakes, the program, and conformance suites.

* :mod:`dynode_cli.testing.plugin`: the pytest plugin, found by pytest without being asked for; its fixtures.
* :mod:`dynode_cli.testing.conformance`: a class for each kind of implementation, to be subclassed.
* :mod:`dynode_cli.testing.synthetic` and :mod:`~dynode_cli.testing.clips`: tiny videos whose truth is known.
* :mod:`dynode_cli.testing.memory_clip`: frames in memory as a :class:`~dynode_cli.contracts.Clip`.
* :mod:`dynode_cli.testing.fakes`: the smallest correct implementation of each contract.
* :mod:`dynode_cli.testing.pretended_cuda`: a CUDA device that is none, for code that is to run on one.
* :mod:`dynode_cli.testing.program`: running the program in this process.
"""
