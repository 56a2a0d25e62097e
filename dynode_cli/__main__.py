"""``python -m dynode_cli`` works like ``dynode``."""

from __future__ import annotations

import sys

from dynode_cli.cli import main

if __name__ == "__main__":
    sys.exit(main())
