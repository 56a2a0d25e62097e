"""The program from its first moment on: ``dynode``, and ``python -m dynode_cli``, which works like it.

Little is imported here before three things are seen to: where modules come from, what a signal does meanwhile, and that
threads which are about to be started sleep while they are idle.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def run() -> int:
    """Run the program; gives its exit code."""
    import signal

    def end(number: int, _: object) -> NoReturn:
        """End at once: nothing was begun, and an exception could be swallowed by whatever is being imported."""
        word = "interrupted" if number == signal.SIGINT else f"stopped by {signal.Signals(number).name}"
        try:
            os.write(2, f"error: {word}\n".encode())
        finally:
            os._exit(128 + number)

    # Who ignores a signal (nohup) goes on ignoring it.
    usual = (signal.SIG_DFL, signal.default_int_handler)
    stopping = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in stopping if signal.getsignal(number) in usual}
    try:
        from dynode_cli.idle_threads import let_sleep

        let_sleep()
        from dynode_cli.cli import main

        for number, handler in before.items():
            signal.signal(number, handler)
        return main()
    except KeyboardInterrupt:
        end(signal.SIGINT, None)


def leave_out_current_folder() -> None:
    """Take the current folder out of where modules are looked for: ``-m`` puts it first, before what is installed.

    A stranger's folder may hold a ``cv2.py``, or the metadata of a plugin. A copy of dynode that is run there stays
    usable.
    """
    own = f"{sys.path[0]}{os.sep}dynode_cli{os.sep}__main__.py"
    if not sys.flags.safe_path and __file__ != own:
        del sys.path[0]


if __name__ == "__main__":
    leave_out_current_folder()
    sys.exit(run())
