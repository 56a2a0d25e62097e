"""How plugins are found, loaded in isolation and recorded; :mod:`dynode_cli.plugin_manager` is the way in."""
