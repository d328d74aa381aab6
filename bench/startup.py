"""Start-up and a whole offline comparison, as ratios to bare imports in the same run.

    .venv/bin/python bench/startup.py [RUNS]

Each figure is a whole process, timed from outside, its command and its peer by turns; the ratio is the median over the
pairs. Promises: `panel --help` within 3 times `import click`; `panel compare sqlite duckdb`, writing all its files,
within 4 times `import pydantic, jinja2, click`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYTHON = sys.executable
PANEL = str(Path(PYTHON).with_name("panel"))
PAIRS = {
    "panel --help / import click": ([PANEL, "--help"], [PYTHON, "-c", "import click"], 3.0),
    "panel compare sqlite duckdb / import pydantic, jinja2, click": (
        [PANEL, "compare", "sqlite", "duckdb", "--refresh"],
        [PYTHON, "-c", "import pydantic, jinja2, click"],
        4.0,
    ),
}


def timed(command: list[str], folder: str) -> float:
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, (command, peer, promise) in PAIRS.items():
        with tempfile.TemporaryDirectory() as folder:
            timed(command, folder), timed(peer, folder)
            pairs = [(timed(command, folder), timed(peer, folder)) for _ in range(runs)]
        ratios = sorted(mine / theirs for mine, theirs in pairs)
        mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(
            f"{name}: {statistics.median(ratios):.2f} times (min {ratios[0]:.2f}, max {ratios[-1]:.2f}; "
            f"{mine * 1000:.0f} ms against {theirs * 1000:.0f} ms; promised: at most {promise})"
        )


if __name__ == "__main__":
    main()
