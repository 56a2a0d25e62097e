"""How plugins are found, loaded in isolation and recorded; :mod:`dynode_cli.plugin_host.host` is the way in."""
