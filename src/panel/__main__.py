"""The command line as the whole of a process: `python -m panel`, and what the two scripts run.

A command lives for half a second, a fifth of which Python would spend on looking for garbage that is not there and on
taking apart, object by object, what the system takes back at once.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

YOUNG = 200_000
"""Objects made before the collector first looks: a comparison makes half as many, and nearly all of them stay."""


def run() -> NoReturn:
    """Run the command line and leave with its exit code, without tidying up memory."""
    gc.set_threshold(YOUNG)
    try:
        from panel.cli import main

        main()
    except KeyboardInterrupt:  # while everything was still being loaded: nothing was asked
        sys.stderr.write("panel: interrupted before anything was asked\n")
        os._exit(130)
    except SystemExit as leaving:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)


if __name__ == "__main__":
    run()
