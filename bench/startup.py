"""Start-up and a whole offline comparison, as ratios to bare imports in the same run.

    .venv/bin/python bench/startup.py [RUNS]

Each figure is a whole process in an empty folder, timed from outside, its command and its peer by turns; the ratio is
the median over the pairs, of wall time and of the processor time the system accounts. Promises: `panel --help` within 3
times `import click`; `panel compare sqlite duckdb`, its run written to disk, within 4 times
`import pydantic, jinja2, click`.
"""

from __future__ import annotations

import resource
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
        [PANEL, "compare", "sqlite", "duckdb"],
        [PYTHON, "-c", "import pydantic, jinja2, click"],
        4.0,
    ),
}


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, (command, peer, promise) in PAIRS.items():
        timed(command), timed(peer)
        pairs = [(timed(command), timed(peer)) for _ in range(runs)]
        print(f"{name} (promised: at most {promise} times)")
        for place, kind in enumerate(("wall", "processor")):
            ratios = sorted(mine[place] / theirs[place] for mine, theirs in pairs)
            mine, theirs = (statistics.median(side[place] for side in sides) for sides in zip(*pairs, strict=True))
            print(
                f"  {kind:<9} {statistics.median(ratios):.2f} times (min {ratios[0]:.2f}, max {ratios[-1]:.2f}; "
                f"{mine * 1000:.0f} ms against {theirs * 1000:.0f} ms)"
            )


if __name__ == "__main__":
    main()
