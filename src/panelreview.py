"""The door of both scripts, `panel` and `panelreview`: it makes sure that `import panel` means ours before using it.

Another project on the package index owns the name `panel` and installs a package and a script of that name too. Where
both share an environment, whichever stands first on the path wins; running that one's code in our name would only give
a puzzling traceback.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

MARK = 'DISTRIBUTION = "panelreview"'
"""The line of our `__init__.py` that no other package has: one laid over ours leaves our other files in place."""

MESSAGE = """\
panelreview: `import panel` finds another package here ({found}).
The data-app framework `panel` and this project both install a package named `panel`; they cannot share an environment.
Next step: install panelreview into a virtual environment of its own:
    python3 -m venv .venv && .venv/bin/pip install panelreview"""


def shadow() -> str | None:
    """Where the package that shadows ours lives, or None if `import panel` means ours."""
    spec = find_spec("panel")
    origin = spec.origin if spec else None
    if origin and MARK in Path(origin).read_text("utf-8", "replace").splitlines():
        return None
    return origin or "nothing at all"


def main() -> None:
    """Run the command line, or say in three lines why it cannot run (exit code 2)."""
    found = shadow()
    if found:
        sys.stderr.write(MESSAGE.format(found=found) + "\n")
        raise SystemExit(2)
    from panel.__main__ import run

    run()
