"""Requests: what a user can ask of dynode, a dataclass a verb, each option declared once.

From a request come the options of its command and their help, the keywords of its Python function, the keys of
``dynode.toml``, the names in the environment, the pages of the reference, and the settings that a run writes down and
that can be read back. Its fields hold values (a rate, a position, bytes), made of words once, when it is built; what
lies below never parses. Nothing here imports torch.
"""
